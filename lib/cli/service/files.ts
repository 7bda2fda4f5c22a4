import { agentOf, readAgentFlags, type ServiceAgent } from "../../windows/agent_arguments.ts";
import { commandLine, splitCommandLine, splitServiceLine } from "../../windows/command_line.ts";
import type { Host } from "../../windows/host.ts";
import { isAgent, kindOfService, programOf, type ServiceKind } from "../../windows/registration.ts";
import type { FoundRegistration } from "../../windows/service_database.ts";
import { UsageError } from "../command.ts";
import type { ServiceOrder } from "./order.ts";

/** What is asked of a service that is there. */
type Asked = Pick<ServiceOrder, "name" | "files">;

/** The exe and the arguments of an installed agent; undefined when NSSM does not tell what it runs. */
function installedAgent(
  { commandLine }: FoundRegistration,
  { name, files }: Asked,
  host: Host,
): { exe: string; args: string[] } | undefined {
  const [exe = "", ...args] = splitServiceLine(commandLine);
  if (kindOfService(commandLine, files.exe) !== "nssm") return { exe, args };
  const { application, parameters } = host.nssmCommand(name) ?? {};
  if (application === undefined) return undefined;
  return { exe: application, args: splitCommandLine(`nssm ${parameters}`).slice(1) };
}

/** Whose a service is: of NSSM's those alone count in which it runs an agent. */
export function kindOf(found: FoundRegistration, asked: Asked, host: Host): ServiceKind {
  const kind = kindOfService(found.commandLine, asked.files.exe);
  if (kind !== "nssm") return kind;
  const agent = installedAgent(found, asked, host);
  return agent && isAgent(agent.exe, asked.files.exe) ? kind : "other";
}

/**
 * Insists that a service is an agent's.
 *
 * @param advice what to do, or what becomes of it, when it is not.
 * @throws {Error} when it runs another program.
 */
export function requireAgent(
  found: FoundRegistration,
  asked: Asked,
  host: Host,
  advice: string,
): ServiceKind {
  const kind = kindOf(found, asked, host);
  if (kind !== "other") return kind;
  const program = installedAgent(found, asked, host)?.exe ?? programOf(found.commandLine);
  throw new Error(
    `Service '${asked.name}' runs ${program}, which is not icinga-warden; ${advice}`,
  );
}

/** The home of an installed agent; undefined when NSSM does not tell what it runs. */
export function homeOf(found: FoundRegistration, asked: Asked, host: Host): string | undefined {
  const agent = installedAgent(found, asked, host);
  return agent && agentOf(agent.exe, readAgentFlags(agent.args)).files.home;
}

/**
 * The agent as it is to run: an installed one keeps its exe's place, and each flag of which nothing is asked.
 *
 * @throws {UsageError} when Windows would take its command line for another.
 */
export function plannedAgent(
  order: Pick<ServiceOrder, "name" | "files" | "flags">,
  found?: FoundRegistration,
  host?: Host,
): ServiceAgent {
  const installed = found && host && installedAgent(found, order, host);
  const kept = readAgentFlags(installed?.args ?? []);
  const agent = agentOf(installed?.exe ?? order.files.exe, { ...kept, ...order.flags });
  const line = commandLine(agent.files.exe, agent.args);
  const [variable] = /%[^%]+%/.exec(line) ?? [];
  if (variable === undefined) return agent;
  throw new UsageError(
    `Cannot install ${line}: in a service's command line Windows puts a variable in the place of '${variable}'; use folders without a percent sign`,
  );
}
