import {
  type AgentFiles,
  type Danger,
  describeDangers,
  foldersOf,
  isConfigSafe,
  LOCAL_SYSTEM,
} from "../../windows/mod.ts";
import { loadAgentConfig } from "../paths.ts";
import { type Installation, runSteps, type Step } from "./steps.ts";

/**
 * Insists that only administrators can change the agent's files, unless a configuration that only they can change
 * allows it. A dry run judges what would be.
 *
 * @param permissions the steps that set the permissions before, with `--fix-permissions`.
 * @throws {Error} that names every danger and the ways out.
 * @throws {ConfigError} when the configuration cannot be used.
 */
export async function checkSafety(
  installation: Installation,
  permissions: readonly Step[],
): Promise<void> {
  const { options: { fixPermissions, dryRun }, host, found, wanted, warn } = installation;
  const { account } = wanted;
  const { args, files } = installation.agent;
  const { config } = await loadAgentConfig({
    home: files.home,
    configFile: files.config,
    configNamed: args.includes("--config"),
  });
  if (!dryRun) await runSteps(permissions);
  if (!fixPermissions && account !== LOCAL_SYSTEM && account !== found?.account) {
    warn(`'${account}' must be able to write into ${files.home}; --fix-permissions lets it`);
  }
  const safety = host.inspect(files, account, config.trustedWriters);
  const { dangers: all, above, unread, notes } = safety;
  const dangers = fixPermissions && dryRun ? withoutProtected(all, files) : all;
  const { grave = [], mild = [] } = Object.groupBy(
    dangers,
    (danger) => isCallers(danger, installation) || (found && danger.isNew) ? "mild" : "grave",
  );
  const isRefused = grave.length > 0 && !(config.allowUnsafeHome && isConfigSafe(files, grave));
  const shown = isRefused ? [] : describeDangers(grave);
  const others = [...describeDangers([...mild, ...above]), ...unread, ...notes];
  for (const line of [...shown, ...others]) warn(line);
  if (isRefused) refuse(grave, account, fixPermissions);
}

function refuse(dangers: readonly Danger[], account: string, isFixed: boolean): never {
  const lines = describeDangers(dangers).map((line) => `  ${line}`).join("\n");
  const fix = isFixed ? "Use" : "Add '--fix-permissions', use";
  throw new Error(
    `Not installed, since everyone who can change the agent's files can run code as ${account}:\n${lines}\n${fix} another folder, name whom you trust in "trustedWriters", or set "allowUnsafeHome": true, in a configuration that nobody else can change`,
  );
}

/** The user who installs is an administrator; files that this account owns or may write only get a warning. */
function isCallers({ sid }: Danger, { host }: Installation): boolean {
  return sid !== undefined && host.isCaller(sid);
}

function withoutProtected(dangers: readonly Danger[], files: AgentFiles): Danger[] {
  const folders = foldersOf(files).map((folder) => folder.toLowerCase());
  return dangers.filter(({ path }) => {
    const folded = path.toLowerCase();
    return !folders.some((folder) => folded === folder || folded.startsWith(`${folder}\\`));
  });
}
