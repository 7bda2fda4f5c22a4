import { needsPassword, sameAccount } from "../../windows/account.ts";
import { samePath, type ServiceAgent } from "../../windows/agent_arguments.ts";
import type { Host } from "../../windows/host.ts";
import type { Difference } from "../../windows/registration.ts";
import type { FoundRegistration } from "../../windows/service_database.ts";
import { upgradeExe } from "../../windows/upgrade.ts";
import { UsageError } from "../command.ts";
import type { ServiceOrder } from "./order.ts";
import { readPassword } from "./password.ts";

/** An installation under way. */
export interface Installation {
  order: ServiceOrder;
  host: Host;
  /** The service as it is installed; undefined when it is not. */
  found: FoundRegistration | undefined;
  /** The agent as it is to run. */
  agent: ServiceAgent;
  /** Tells a step; with `--json` at the end. */
  say: (line: string) => void;
  /** Tells what went not quite as wished; with `--json` at the end. */
  warn: (line: string) => void;
}

/** What an installation came to. */
export interface Outcome {
  /** `differs`: it is installed otherwise than asked, and nothing was changed. */
  outcome: "installed" | "unchanged" | "changed" | "differs";
  /** What was otherwise than asked. */
  differs: readonly Difference[];
}

/** What an installed service lacks. */
export interface Lack {
  /** The settings that are otherwise than asked. */
  differs: readonly Difference[];
  /** Whether its exe is another one than this. */
  replaces: boolean;
}

/** Whether the service's exe is another one than this, in place or in what it holds. */
export async function exeDiffers(
  { order: { files: { exe } }, agent, host: { files } }: Installation,
): Promise<boolean> {
  const installed = agent.files.exe;
  if (samePath(installed, exe)) return false;
  return !(await files.exists(installed)) || !(await files.same(installed, exe));
}

/** Puts this exe in the place of the service's own. */
export async function replaceExe(
  { order: { name, files: { exe } }, agent, host, say }: Installation,
): Promise<void> {
  const { database, files, clock } = host;
  const to = agent.files.exe;
  await upgradeExe({ database, service: name, from: exe, to, files, clock, say });
}

/**
 * Insists that a password is announced where there must be one, and only there.
 *
 * @throws {UsageError} when it is otherwise.
 */
export function checkPassword(
  { order, found }: Pick<Installation, "order" | "found">,
  account: string,
): void {
  if (order.password && !needsPassword(account)) {
    throw new UsageError(`Account '${account}' has no password; leave out '--password'`);
  }
  const stays = found !== undefined && sameAccount(found.account, account);
  if (!order.password && needsPassword(account) && !stays) {
    throw new UsageError(
      `Account '${account}' has a password; add '--password' to be asked for it`,
    );
  }
}

/** The password of the service's account; undefined where it has none or it stays. */
export async function askPassword(
  { order }: Installation,
  account: string,
): Promise<string | undefined> {
  return order.password ? await readPassword(`Password of ${account}: `) : undefined;
}

/**
 * The password as a setting that differs: no system tells the one that it has, so that one that is given is set
 * whenever changes are.
 */
export function passwordDiffers({ password, force }: ServiceOrder): Difference[] {
  if (!password || !force) return [];
  return [{ setting: "password", found: "not told", wanted: "the one that is given" }];
}

/** Tells in what a service that is installed differs. */
export function tellLack(
  { order: { name, force }, agent, say }: Installation,
  { differs, replaces }: Lack,
): void {
  say(`Service '${name}' is installed already, and differs:`);
  for (const { setting, found, wanted } of differs) {
    say(`  ${setting}: ${found || "none"}  ->  ${wanted}`);
  }
  if (replaces) say(`  its exe ${agent.files.exe} is another one than this`);
  if (!force) say("Nothing was changed; '--force' applies it");
}

/** Tells that a service that is installed is as asked. */
export function tellUnchanged({ order: { name, password }, say }: Installation): void {
  say(`Service '${name}' is installed already, just so; nothing was changed`);
  if (password) say("Windows tells no password to compare; '--force' sets the one that is given");
}
