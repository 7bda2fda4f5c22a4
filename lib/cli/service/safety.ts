import { builtinArguments } from "../../../daemons/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { LOCAL_SYSTEM } from "../../windows/account.ts";
import { splitServiceLine } from "../../windows/command_line.ts";
import { type AgentFiles, foldersOf } from "../../windows/home_safety.ts";
import { kindOfService } from "../../windows/registration.ts";
import { type Danger, describeDangers } from "../../windows/safety.ts";
import { filesOf, homeOf } from "./files.ts";
import type { Installation } from "./installation.ts";

/**
 * Insists that nobody but administrators can change the agent's files, unless the configuration allows it.
 *
 * @throws {Error} that names every danger and the ways out.
 * @throws {ConfigError} when the configuration cannot be used.
 */
export async function checkSafety(installation: Installation): Promise<void> {
  const { order, host, found, warn } = installation;
  const account = order.wish.account ?? found?.account ?? LOCAL_SYSTEM;
  const files = agentFiles(installation);
  const { config } = await loadConfig(files.config, {
    builtin: builtinArguments,
    mustExist: order.args.includes("--config"),
  });
  if (order.fixPermissions) protect(installation, files, account);
  else if (account !== LOCAL_SYSTEM && account !== found?.account) {
    warn(`'${account}' has to be able to write into ${files.home}; --fix-permissions lets it`);
  }
  const { dangers, above, unread } = host.inspect(files, account);
  const mild = (danger: Danger) => isCallers(danger, installation);
  const grave = describeDangers(dangers.filter((danger) => !mild(danger)));
  const others = describeDangers([...dangers.filter(mild), ...above]);
  const isRefused = grave.length > 0 && !config.allowUnsafeHome;
  for (const line of [...(isRefused ? [] : grave), ...others, ...unread]) warn(line);
  if (!isRefused) return;
  throw new Error(
    `Not installed, for whoever can change the agent's files runs code as ${account}:\n${
      grave.map((line) => `  ${line}`).join("\n")
    }\nAdd '--fix-permissions', use another folder, or set "allowUnsafeHome": true in the configuration`,
  );
}

/** The administrator at the keyboard is no stranger, though his account is not the Administrators' either. */
function isCallers({ owns, sid }: Danger, { host }: Installation): boolean {
  return owns && sid !== undefined && host.isCaller(sid);
}

function protect({ host, say }: Installation, files: AgentFiles, account: string): void {
  for (const folder of foldersOf(files)) {
    host.protect(folder, account);
    say(
      `Only Administrators, SYSTEM and the service's account may write into ${folder} from now on`,
    );
  }
}

/** The files of the agent as it will run: those of an installed one stay where they are. */
function agentFiles({ order, host, found }: Installation): AgentFiles {
  if (!found || order.wish.args) return order.files;
  const [exe = "", ...args] = splitServiceLine(found.commandLine);
  const home = homeOf(found, order.name, host);
  return kindOfService(found.commandLine, order.files.exe) === "native" || home === undefined
    ? filesOf(exe, args)
    : filesOf(order.files.exe, ["run", "--home", home]);
}
