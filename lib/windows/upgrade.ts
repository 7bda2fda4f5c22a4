/**
 * Putting another exe in the place of a service's own, and the old one back when the new one does not run.
 *
 * @module
 */
import { type Clock, errorMessage } from "../base/mod.ts";
import { samePath } from "./agent_arguments.ts";
import { awaitState, type ServiceDatabase } from "./service_database.ts";
import { STATE } from "./service_status.ts";

/** How long the old agent has to stop, ms. */
const STOP_LIMIT = 60_000;

/** How long the new one has to run, ms. */
const START_LIMIT = 30_000;

/** What an upgrade does to files. */
export interface ExeFiles {
  /** Renames a file; one that bears the new name is replaced. */
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Removes a file, or a folder and all that is in it. */
  remove(path: string): Promise<void>;
}

/** An upgrade. */
export interface Upgrade {
  database: ServiceDatabase;
  /** The service's name. */
  service: string;
  /** The new exe. */
  from: string;
  /** The service's own exe, whose place it takes. */
  to: string;
  files: ExeFiles;
  clock: Clock;
  /** Is told each step. */
  say: (line: string) => void;
}

/** Where the exe that is replaced is kept: beside it, under a name that the new exe does not bear. Pure. */
export function keptExe({ from, to }: Pick<Upgrade, "from" | "to">): string {
  const [previous, replaced] = ["previous", "replaced"].map((word) =>
    to.replace(/(?:\.exe)?$/i, `.${word}.exe`)
  ) as [string, string];
  return samePath(previous, from) ? replaced : previous;
}

/**
 * Stops the service, puts the new exe in the place of its own, starts it, and waits until it runs; when anything of
 * that fails the old exe is put back and started. A service that did not run is not started.
 *
 * @throws {Error} that says what failed and what runs now.
 */
export async function upgradeExe(upgrade: Upgrade): Promise<void> {
  const { database, service, say } = upgrade;
  const ran = database.standing(service)?.state !== STATE.stopped;
  if (ran) await stop(upgrade);
  try {
    await swap(upgrade);
  } catch (error) {
    if (ran) database.start(service);
    throw error;
  }
  if (!ran) {
    say(`The new exe is in place; service '${service}' did not run and is not started`);
    return await keep(upgrade);
  }
  const failure = await tryStart(upgrade);
  if (failure !== undefined) return await putBack(upgrade, failure);
  say("The new exe runs");
  await keep(upgrade);
}

/** Where the old exe waits until the new one has run. */
const waitingExe = ({ to }: Upgrade) => `${to}.old`;

/** The old exe becomes the one to go back to; an earlier one stays until then. */
async function keep(upgrade: Upgrade): Promise<void> {
  const { files, say } = upgrade;
  if (!(await files.exists(waitingExe(upgrade)))) return;
  await files.rename(waitingExe(upgrade), keptExe(upgrade));
  say(`The old exe is ${keptExe(upgrade)}`);
}

async function stop({ database, service, clock, say }: Upgrade): Promise<void> {
  say(`Stopping service '${service}'`);
  database.stop(service);
  const outcome = await awaitState(database, service, STATE.stopped, { clock, limit: STOP_LIMIT });
  if (outcome === "reached") return;
  throw new Error(
    `Cannot upgrade: service '${service}' did not stop within ${
      STOP_LIMIT / 1000
    } s; nothing was changed`,
  );
}

/** Whatever happens, the service's exe is there afterwards, the new one or the old, if there was one. */
async function swap(upgrade: Upgrade): Promise<void> {
  const { files, from, to } = upgrade;
  const fresh = `${to}.new`;
  const isThere = await files.exists(to);
  const where = isThere ? "the old exe is in its place" : `there is no exe at ${to}`;
  try {
    await files.copy(from, fresh);
    if (isThere) await files.rename(to, waitingExe(upgrade));
  } catch (error) {
    await files.remove(fresh).catch(() => {});
    throw new Error(`Cannot upgrade: ${errorMessage(error)}; ${where}`);
  }
  try {
    await files.rename(fresh, to);
  } catch (error) {
    if (isThere) await files.rename(waitingExe(upgrade), to);
    throw new Error(`Cannot upgrade: ${errorMessage(error)}; ${where}`);
  }
}

/** Why the new exe does not run; undefined when it does. */
async function tryStart({ database, service, clock, say }: Upgrade): Promise<string | undefined> {
  say(`Starting service '${service}' with the new exe`);
  try {
    database.start(service);
  } catch (error) {
    return errorMessage(error);
  }
  const outcome = await awaitState(database, service, STATE.running, { clock, limit: START_LIMIT });
  if (outcome === "reached") return undefined;
  if (outcome === "late") return `it was not RUNNING within ${START_LIMIT / 1000} s`;
  const { exitCode = 0, ownCode = 0 } = database.standing(service) ?? {};
  return `it stopped with code ${exitCode === 1066 ? ownCode : exitCode}`;
}

async function putBack(upgrade: Upgrade, failure: string): Promise<never> {
  const { database, service, files, to, clock } = upgrade;
  upgrade.say(`The new exe does not run: ${failure}; going back to the old one`);
  if (database.standing(service)?.state !== STATE.stopped) await halt(upgrade);
  if (!(await files.exists(waitingExe(upgrade)))) {
    throw new Error(`The new exe does not run: ${failure}; there is no old one to go back to`);
  }
  await files.rename(to, `${to}.failed`);
  await files.rename(waitingExe(upgrade), to);
  await files.remove(`${to}.failed`).catch(() => {});
  database.start(service);
  const outcome = await awaitState(database, service, STATE.running, { clock, limit: START_LIMIT });
  const now = outcome === "reached"
    ? "the old one runs again"
    : "the old one is back in its place but does not run either; look into its log";
  throw new Error(`The new exe does not run: ${failure}; ${now}`);
}

/** A service that hangs while it starts takes no stop; its exe can be renamed all the same. */
async function halt({ database, service, clock }: Upgrade): Promise<void> {
  try {
    database.stop(service);
  } catch {
    return;
  }
  await awaitState(database, service, STATE.stopped, { clock, limit: STOP_LIMIT });
}
