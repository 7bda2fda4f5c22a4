import { win32 } from "node:path";
import { splitCommandLine, splitServiceLine } from "../../windows/command_line.ts";
import type { AgentFiles } from "../../windows/home_safety.ts";
import type { Host } from "../../windows/host.ts";
import { kindOfService } from "../../windows/registration.ts";
import type { FoundRegistration } from "../../windows/service_database.ts";

/** The files of an agent, by its exe and its arguments. Pure. */
export function filesOf(exe: string, args: readonly string[]): AgentFiles {
  const home = flag(args, "--home") ?? win32.dirname(exe);
  return { exe, home, config: flag(args, "--config") ?? win32.join(home, "icinga-warden.json") };
}

/** The home of an installed agent; undefined when NSSM does not tell what it runs. */
export function homeOf(
  { commandLine }: FoundRegistration,
  service: string,
  host: Host,
): string | undefined {
  const [exe = "", ...args] = splitServiceLine(commandLine);
  if (kindOfService(commandLine, exe) === "native") return filesOf(exe, args).home;
  const { application, parameters } = host.nssmCommand(service) ?? {};
  return application && filesOf(application, splitCommandLine(`nssm ${parameters}`).slice(1)).home;
}

function flag(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  if (at >= 0) return args[at + 1];
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
}
