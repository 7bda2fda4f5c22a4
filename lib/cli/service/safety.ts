import { LOCAL_SYSTEM } from "../../windows/account.ts";
import type { AgentFiles } from "../../windows/agent_arguments.ts";
import {
  type Danger,
  describeDangers,
  foldersOf,
  isConfigSafe,
  requireProtectable,
} from "../../windows/home_safety.ts";
import { loadAgentConfig } from "../paths.ts";
import type { Installation } from "./installation.ts";

/**
 * Insists that nobody but administrators can change the agent's files, unless a configuration allows it that nobody
 * else can change. Of a dry run it is judged what would be.
 *
 * @throws {Error} that names every danger and the ways out.
 * @throws {ConfigError} when the configuration cannot be used.
 */
export async function checkSafety(installation: Installation): Promise<void> {
  const { order, host, found, agent, warn } = installation;
  const account = order.wish.account ?? found?.account ?? LOCAL_SYSTEM;
  const { files } = agent;
  const { config } = await loadAgentConfig({
    home: files.home,
    configFile: files.config,
    configNamed: agent.args.includes("--config"),
  });
  if (order.fixPermissions) protect(installation, account);
  else if (account !== LOCAL_SYSTEM && account !== found?.account) {
    warn(`'${account}' has to be able to write into ${files.home}; --fix-permissions lets it`);
  }
  const { dangers: all, above, unread } = host.inspect(files, account);
  const dangers = order.fixPermissions && order.dryRun ? withoutProtected(all, files) : all;
  const mild = (danger: Danger) => isCallers(danger, installation);
  const grave = dangers.filter((danger) => !mild(danger));
  const isAllowed = config.allowUnsafeHome && isConfigSafe(files, grave);
  const isRefused = grave.length > 0 && !isAllowed;
  const others = describeDangers([...dangers.filter(mild), ...above]);
  for (const line of [...(isRefused ? [] : describeDangers(grave)), ...others, ...unread]) {
    warn(line);
  }
  if (isRefused) refuse(grave, account, order.fixPermissions);
}

function refuse(dangers: readonly Danger[], account: string, isFixed: boolean): never {
  const lines = describeDangers(dangers).map((line) => `  ${line}`).join("\n");
  const fix = isFixed ? "Use" : "Add '--fix-permissions', use";
  throw new Error(
    `Not installed, for whoever can change the agent's files runs code as ${account}:\n${lines}\n${fix} another folder, or set "allowUnsafeHome": true in a configuration that nobody else can change`,
  );
}

/** The administrator at the keyboard is no stranger, though his account is not the Administrators' either. */
function isCallers({ owns, sid }: Danger, { host }: Installation): boolean {
  return owns && sid !== undefined && host.isCaller(sid);
}

/** Nothing is set unless all of it can be. */
function protect({ order, agent, host, say }: Installation, account: string): void {
  const folders = foldersOf(agent.files);
  requireProtectable(folders);
  if (order.dryRun) return;
  for (const folder of folders) {
    host.protect(folder, account);
    say(
      `Only Administrators, SYSTEM and the service's account may write into ${folder} from now on`,
    );
  }
}

function withoutProtected(dangers: readonly Danger[], files: AgentFiles): Danger[] {
  const folders = foldersOf(files).map((folder) => folder.toLowerCase());
  return dangers.filter(({ path }) => {
    const folded = path.toLowerCase();
    return !folders.some((folder) => folded === folder || folded.startsWith(`${folder}\\`));
  });
}
