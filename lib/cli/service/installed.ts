import { win32 } from "node:path";
import { attempt } from "../../base/mod.ts";
import {
  agentOf,
  commandLine,
  type FoundRegistration,
  type Host,
  isAgent,
  kindOfService,
  readAgentFlags,
  samePath,
  SERVICE_NAME,
  type ServiceAgent,
  type ServiceKind,
  splitCommandLine,
  splitServiceLine,
  windowsHost,
} from "../../windows/mod.ts";
import { UsageError } from "../command.ts";
import type { ServiceOptions } from "./options.ts";

/** The name of a service, and the files of this agent. */
type Target = Pick<ServiceOptions, "name" | "files">;

/** What a service runs; where NSSM does not say what it runs, NSSM itself. */
export interface InstalledProgram {
  /** A service in which NSSM runs something else than an agent is another program's. */
  kind: ServiceKind;
  exe: string;
  args: string[];
}

/** What a service runs, by its registration and NSSM's. */
export function installedProgram(
  { commandLine: line }: FoundRegistration,
  { name, files }: Target,
  host: Host,
): InstalledProgram {
  const [exe = "", ...args] = splitServiceLine(line);
  const kind = kindOfService(line, files.exe);
  if (kind !== "nssm") return { kind, exe, args };
  const { Application, AppParameters } = host.nssmSettings(name) ??
    { Application: exe, AppParameters: "" };
  return {
    kind: isAgent(Application, files.exe) ? kind : "other",
    exe: Application,
    args: splitCommandLine(`nssm ${AppParameters}`).slice(1),
  };
}

/** The home of the agent that a service runs. */
export function homeOf(found: FoundRegistration, target: Target, host: Host): string {
  return homeOfProgram(installedProgram(found, target, host));
}

function homeOfProgram({ exe, args }: InstalledProgram): string {
  return agentOf(exe, readAgentFlags(args)).files.home;
}

/** A service that runs an agent. */
export interface AgentService {
  name: string;
  kind: "native" | "nssm";
  home: string;
}

/** A service that runs an agent; undefined when there is none of this name, or it runs something else. */
function agentService(target: Target, host: Host): AgentService | undefined {
  // The registration of some of Windows' own services cannot be read.
  const found = attempt(() => host.database.find(target.name), () => undefined);
  if (!found) return undefined;
  const program = installedProgram(found, target, host);
  const { kind } = program;
  return kind === "other" ? undefined : { name: target.name, kind, home: homeOfProgram(program) };
}

/** The services of this host, beside one, that run an agent. */
export function otherAgents({ name, files }: Target, host: Host): AgentService[] {
  return host.database.names()
    .filter((other) => other.toLowerCase() !== name.toLowerCase())
    .flatMap((other) => agentService({ name: other, files }, host) ?? []);
}

/** The name of the first of some services that runs the agent of `home`; undefined where there is none. */
export function ofHome(home: string, agents: readonly AgentService[]): string | undefined {
  return agents.find((agent) => samePath(agent.home, home))?.name;
}

/**
 * The home of the agent that the service of the usual name runs; undefined where there is no such service, or it runs
 * something else.
 *
 * @param exe the path of this exe.
 */
export function homeOfService(host: Host = windowsHost, exe = Deno.execPath()): string | undefined {
  return agentService({ name: SERVICE_NAME, files: agentOf(exe, {}).files }, host)?.home;
}

/**
 * The account of the service of the usual name, where that runs the agent of `home`; else undefined.
 *
 * @param exe the path of this exe.
 */
export function accountOfService(
  home: string,
  host: Host = windowsHost,
  exe = Deno.execPath(),
): string | undefined {
  const served = homeOfService(host, exe);
  if (served === undefined || !samePath(win32.resolve(served), home)) return undefined;
  return host.database.find(SERVICE_NAME)?.account;
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
): InstalledProgram {
  const program = installedProgram(found, target, host);
  if (program.kind !== "other") return program;
  throw new Error(
    `Service '${target.name}' runs ${program.exe}, which is not icinga-warden; ${advice}`,
  );
}

/**
 * The agent that is wanted: an installed one keeps the path of its exe and the flags that are not given.
 *
 * @throws {UsageError} when Windows would change its command line.
 */
export function plannedAgent(
  options: Pick<ServiceOptions, "name" | "files" | "flags">,
  host: Host,
  found?: FoundRegistration,
): ServiceAgent {
  const installed = found && installedProgram(found, options, host);
  const kept = readAgentFlags(installed?.args ?? []);
  const agent = agentOf(installed?.exe ?? options.files.exe, { ...kept, ...options.flags });
  const line = commandLine(agent.files.exe, agent.args);
  const [variable] = /%[^%]+%/.exec(line) ?? [];
  if (variable === undefined) return agent;
  throw new UsageError(
    `Cannot install ${line}: in a service's command line Windows puts a variable in the place of '${variable}'; use folders without a percent sign`,
  );
}
