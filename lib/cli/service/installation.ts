import { needsPassword, sameAccount } from "../../windows/account.ts";
import type { Host } from "../../windows/host.ts";
import { type Difference, samePath } from "../../windows/registration.ts";
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

/** Whether the service's exe is another one than this, in place or in what it holds. */
export async function exeDiffers(
  { order: { files: { exe } }, host: { files } }: Installation,
  installed: string,
): Promise<boolean> {
  if (samePath(installed, exe)) return false;
  return !(await files.exists(installed)) || !(await files.same(installed, exe));
}

/** Puts this exe in the place of the service's own. */
export async function replaceExe(
  { order: { name, files: { exe } }, host, say }: Installation,
  installed: string,
): Promise<void> {
  const { database, files, clock } = host;
  await upgradeExe({ database, service: name, from: exe, to: installed, files, clock, say });
}

/**
 * The password of the service's account; undefined where it has none or it stays.
 *
 * @throws {UsageError} when there must be one, or must not, and it is otherwise.
 */
export async function askPassword(
  { order, found }: Installation,
  account: string,
): Promise<string | undefined> {
  if (order.password && !needsPassword(account)) {
    throw new UsageError(`Account '${account}' has no password; leave out '--password'`);
  }
  if (order.password) return await readPassword(`Password of ${account}: `);
  const stays = found !== undefined && sameAccount(found.account, account);
  if (needsPassword(account) && !stays) {
    throw new UsageError(
      `Account '${account}' has a password; add '--password' to be asked for it`,
    );
  }
  return undefined;
}

/** Tells in what a service that is installed differs. */
export function tellDifferences(
  name: string,
  differs: readonly Difference[],
  say: (line: string) => void,
): void {
  if (differs.length === 0) return say(`Service '${name}' is installed already`);
  say(`Service '${name}' is installed already, and differs:`);
  for (const { setting, found, wanted } of differs) {
    say(`  ${setting}: ${found || "none"}  ->  ${wanted}`);
  }
}
