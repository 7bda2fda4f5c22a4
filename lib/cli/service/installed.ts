import { agentOf, readAgentFlags, type ServiceAgent } from "../../windows/agent_arguments.ts";
import { commandLine, splitCommandLine, splitServiceLine } from "../../windows/command_line.ts";
import type { Host } from "../../windows/host.ts";
import {
  type FoundRegistration,
  isAgent,
  kindOfService,
  programOf,
  type ServiceKind,
} from "../../windows/registration.ts";
import { UsageError } from "../command.ts";
import type { ServiceOptions } from "./options.ts";

/** The name of a service, and the files of this agent. */
type Target = Pick<ServiceOptions, "name" | "files">;

/** The exe and the arguments of an installed agent; undefined when NSSM does not say what it runs. */
function installedAgent(
  { commandLine }: FoundRegistration,
  { name, files }: Target,
  host: Host,
): { exe: string; args: string[] } | undefined {
  const [exe = "", ...args] = splitServiceLine(commandLine);
  if (kindOfService(commandLine, files.exe) !== "nssm") return { exe, args };
  const { application, parameters } = host.nssmCommand(name) ?? {};
  if (application === undefined) return undefined;
  return { exe: application, args: splitCommandLine(`nssm ${parameters}`).slice(1) };
}

/** The kind of a service; one in which NSSM runs something else than an agent is another program's. */
export function kindOf(found: FoundRegistration, target: Target, host: Host): ServiceKind {
  const kind = kindOfService(found.commandLine, target.files.exe);
  if (kind !== "nssm") return kind;
  const agent = installedAgent(found, target, host);
  return agent && isAgent(agent.exe, target.files.exe) ? kind : "other";
}

/**
 * Insists that a service runs an agent.
 *
 * @param advice ends the message: what to do instead.
 * @throws {Error} when it runs another program.
 */
export function requireAgent(
  found: FoundRegistration,
  target: Target,
  host: Host,
  advice: string,
): ServiceKind {
  const kind = kindOf(found, target, host);
  if (kind !== "other") return kind;
  const program = installedAgent(found, target, host)?.exe ?? programOf(found.commandLine);
  throw new Error(
    `Service '${target.name}' runs ${program}, which is not icinga-warden; ${advice}`,
  );
}

/** The home of an installed agent; undefined when NSSM does not say what it runs. */
export function homeOf(found: FoundRegistration, target: Target, host: Host): string | undefined {
  const agent = installedAgent(found, target, host);
  return agent && agentOf(agent.exe, readAgentFlags(agent.args)).files.home;
}

/**
 * The agent that is wanted: an installed one keeps the path of its exe and the flags that are not given.
 *
 * @throws {UsageError} when Windows would change its command line.
 */
export function plannedAgent(
  options: Pick<ServiceOptions, "name" | "files" | "flags">,
  found?: FoundRegistration,
  host?: Host,
): ServiceAgent {
  const installed = found && host && installedAgent(found, options, host);
  const kept = readAgentFlags(installed?.args ?? []);
  const agent = agentOf(installed?.exe ?? options.files.exe, { ...kept, ...options.flags });
  const line = commandLine(agent.files.exe, agent.args);
  const [variable] = /%[^%]+%/.exec(line) ?? [];
  if (variable === undefined) return agent;
  throw new UsageError(
    `Cannot install ${line}: in a service's command line Windows puts a variable in the place of '${variable}'; use folders without a percent sign`,
  );
}
