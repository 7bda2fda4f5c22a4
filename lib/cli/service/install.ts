import { type BuildInfo, buildInfo, within } from "../../base/mod.ts";
import {
  type FoundRegistration,
  type Host,
  needsPassword,
  programOf,
  sameAccount,
  samePath,
  type ServiceAgent,
  wantedRegistration,
} from "../../windows/mod.ts";
import { EXIT, UsageError } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { homeOf, ofHome, otherAgents, plannedAgent, requireAgent } from "./installed.ts";
import { type ServiceOptions, wardenCommand } from "./options.ts";
import { readPassword } from "./password.ts";
import { checkSafety } from "./safety.ts";
import {
  type Drift,
  type Installation,
  installSteps,
  permissionSteps,
  type Planned,
  runSteps,
  settingsDrift,
  showSteps,
  type Step,
} from "./steps.ts";

/** `differs`: it is installed with other settings, and nothing was changed. */
type Outcome = "installed" | "unchanged" | "changed" | "differs";

/** `icinga-warden service install` */
export async function installService(options: ServiceOptions, host: Host): Promise<number> {
  const { name, dryRun, json } = options;
  const said: string[] = [], warnings: string[] = [];
  const found = host.database.find(name);
  if (found) checkRunner(options, found, host);
  const installation: Installation = {
    ...planned(options, host, found),
    say: json ? (line) => said.push(line) : print,
    warn: json ? (line) => warnings.push(line) : (line) => printError(`Warning: ${line}`),
  };
  requireNssm(installation);
  warnOfHome(installation);
  if (!dryRun) host.database.requireAdministrator();
  const { account } = installation.wanted;
  checkPassword(options, account, found);
  const sid = options.fixPermissions ? host.sidOf(account) : undefined;
  const permissions = permissionSteps(installation, sid);
  await checkSafety(installation, permissions);
  const drift = found && await driftOf(installation);
  const outcome = outcomeOf(options, drift);
  if (drift) sayDrift(installation, drift);
  const steps = await installSteps(installation, drift);
  if (dryRun) showSteps([...permissions, ...steps], options);
  else if (outcome !== "differs") await install(installation, steps, outcome, drift);
  if (json && !dryRun) {
    printJson({ service: name, outcome, differs: drift?.settings ?? [], said, warnings });
  }
  return outcome === "differs" ? EXIT.failed : EXIT.done;
}

/**
 * A service of this name can be that of another home: the same exe in two folders, or with two flags `--home`. Whoever
 * meant a second agent is told.
 */
function sayHome({ options, found, host, say }: Installation): void {
  const home = found && homeOf(found, options, host);
  if (home === undefined || samePath(home, options.files.home)) return;
  say(`  it runs the agent of ${home}, not one of ${options.files.home}`);
  say(`  for a second agent, choose another --name, and name its home with --home`);
}

/** One home has one agent: the second of two services cannot run beside the first. */
function warnOfHome({ options, agent: { files: { home } }, host, warn }: Installation): void {
  const other = ofHome(home, otherAgents(options, host));
  if (other === undefined) return;
  warn(
    `Service '${other}' runs the agent of ${home} too, and only one of them can run; name another home with --home`,
  );
}

/** What an installation works on; NSSM's own program is one of the service's files too. */
export function planned(
  options: ServiceOptions,
  host: Host,
  found?: FoundRegistration,
): Planned {
  const { runner, nssm, name, request } = options;
  const { args, files } = plannedAgent(options, host, found);
  const program = () => found ? programOf(found.commandLine) : host.programFile(nssm);
  const agent: ServiceAgent = runner === "nssm"
    ? { args, files: { ...files, runner: program() } }
    : { args, files };
  return { options, host, found, agent, wanted: wantedRegistration(name, agent, request, found) };
}

/** Refuses a bare name: Windows could find another program than the one that was checked. */
function requireNssm({ options: { runner, nssm }, agent: { files } }: Planned): void {
  if (runner !== "nssm" || files.runner !== undefined) return;
  throw new Error(
    /[\\/]/.test(nssm)
      ? `There is no file '${nssm}', which --nssm names`
      : `There is no '${nssm}' on the path; name nssm.exe with --nssm`,
  );
}

/** A service of this name that is another program's, or has another runner, is left alone. */
function checkRunner(options: ServiceOptions, found: FoundRegistration, host: Host): void {
  const { kind } = requireAgent(found, options, host, "choose another --name");
  if (kind === options.runner) return;
  const now = kind === "nssm" ? "under NSSM" : "as a native service";
  const uninstall = wardenCommand("uninstall", options);
  throw new Error(
    `Service '${options.name}' is already installed ${now}; call '${uninstall}' first, or choose another --name`,
  );
}

/**
 * Insists on `--password` for an account that has a password, and only there.
 *
 * @throws {UsageError} when it is missing or too much.
 */
export function checkPassword(
  options: ServiceOptions,
  account: string,
  found?: FoundRegistration,
): void {
  if (options.password && !needsPassword(account)) {
    throw new UsageError(`Account '${account}' has no password; leave out '--password'`);
  }
  const isSame = found !== undefined && sameAccount(found.account, account);
  if (!options.password && needsPassword(account) && !isSame) {
    throw new UsageError(
      `Account '${account}' has a password; add '--password' to be asked for it`,
    );
  }
}

/** The password of a service cannot be read, so one that is given is always set with `--force`. */
async function driftOf(installation: Installation): Promise<Drift> {
  const { options: { password, force, files: { exe } }, agent, host } = installation;
  const settings = settingsDrift(installation);
  if (password && force) {
    settings.push({ setting: "password", found: "unknown", wanted: "the one that is given" });
  }
  const installed = agent.files.exe;
  const isSameExe = samePath(installed, exe) ||
    (await host.files.exists(installed) && await host.files.same(installed, exe));
  if (isSameExe) return { settings, exe: false };
  const versions = { found: await versionOf(installed, host), wanted: describeVersion() };
  return { settings, exe: true, versions };
}

function describeVersion(
  { version, commit }: Pick<BuildInfo, "version" | "commit"> = buildInfo(),
): string {
  return `${version} (${commit})`;
}

/** How long an exe may take to say its version, ms. */
const VERSION_LIMIT = 5_000;

/** The version of an exe as it says it; undefined when it does not. */
async function versionOf(exe: string, host: Host): Promise<string | undefined> {
  if (!(await host.files.exists(exe))) return undefined;
  const told = host.run([exe, "version"]).catch(() => undefined);
  const { output } = await within(told, { ms: VERSION_LIMIT }) ?? {};
  const text = new TextDecoder().decode(output);
  const [, version, commit] = /^icinga-warden (\S+) \((\S+),/.exec(text) ?? [];
  return version && commit && describeVersion({ version, commit });
}

function outcomeOf({ force }: ServiceOptions, drift: Drift | undefined): Outcome {
  if (!drift) return "installed";
  if (drift.settings.length === 0 && !drift.exe) return "unchanged";
  return force ? "changed" : "differs";
}

function sayDrift(installation: Installation, { settings, exe, versions }: Drift): void {
  const { options: { name, force, password, dryRun, json }, agent, say } = installation;
  // What a dry run prints with --json is commands alone.
  if (dryRun && json) return;
  if (settings.length === 0 && !exe) {
    say(`Service '${name}' is already installed with these settings; nothing changed`);
    sayHome(installation);
    if (password) say("Windows does not tell the password; '--force' sets the one that is given");
    return;
  }
  say(`Service '${name}' is already installed with other settings:`);
  for (const { setting, found, wanted } of settings) {
    say(`  ${setting}: ${found || "none"}  ->  ${wanted}`);
  }
  if (exe) say(`  the service runs a different exe: ${agent.files.exe}`);
  if (versions) say(`  version: ${versions.found ?? "not known"}  ->  ${versions.wanted}`);
  if (!force) sayHome(installation);
  if (!force) say("Nothing changed; add '--force' to apply it");
}

async function install(
  installation: Installation,
  steps: readonly Step[],
  outcome: Outcome,
  drift: Drift | undefined,
): Promise<void> {
  const { options, wanted, say } = installation;
  const { name, runner, password } = options;
  if (password && outcome !== "unchanged") {
    installation.password = await readPassword(`Password of ${wanted.account}: `);
  }
  await runSteps(steps);
  if (drift && drift.settings.length > 0) {
    say(
      `Changed service '${name}'; restart the service to apply it: ${
        wardenCommand("restart", options)
      }`,
    );
  }
  if (drift) return;
  say(
    `Installed service '${name}'${runner === "nssm" ? " under NSSM" : ""}; it starts with Windows`,
  );
  say(`Start it now: ${wardenCommand("start", options)}`);
}
