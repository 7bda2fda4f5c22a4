/**
 * Replacing the exe of a service: the old one is put back when the new one does not run.
 *
 * @module
 */
import { errorMessage } from "../base/mod.ts";
import { samePath } from "./agent_arguments.ts";
import { ERROR_SERVICE_SPECIFIC_ERROR } from "./ffi/errors.ts";
import type { Host } from "./host.ts";
import { awaitState, hasStopped, isSettled, STATE } from "./service_status.ts";

/** How long the old agent may take to stop, ms. */
const STOP_LIMIT = 60_000;

/** How long the new agent may take until it runs, ms. */
const START_LIMIT = 30_000;

/** An upgrade. */
export interface Upgrade {
  host: Pick<Host, "database" | "files" | "clock">;
  /** The service's name. */
  service: string;
  /** The new exe. */
  from: string;
  /** The service's exe, which is replaced. */
  to: string;
  /** Prints a line about each step. */
  say: (line: string) => void;
}

/** The path under which the old exe is kept: beside the new one, and never the path of the new one itself. */
export function keptExe({ from, to }: Pick<Upgrade, "from" | "to">): string {
  const named = (word: string) => to.replace(/(?:\.exe)?$/i, `.${word}.exe`);
  return samePath(named("previous"), from) ? named("replaced") : named("previous");
}

/**
 * Stops the service, replaces its exe, starts it, and waits until it runs; when a step fails, the old exe is put back
 * and started. A service that did not run is not started.
 *
 * @throws {Error} that says what failed and what runs now.
 */
export async function upgradeExe(upgrade: Upgrade): Promise<void> {
  const { host: { database }, service, say } = upgrade;
  const ran = !hasStopped(database.query(service)?.state);
  if (ran) await stop(upgrade);
  try {
    await replace(upgrade);
  } catch (error) {
    if (ran) database.start(service);
    throw error;
  }
  const failure = ran ? await tryStart(upgrade) : undefined;
  if (failure !== undefined) return await putBack(upgrade, failure);
  say(
    ran
      ? "The new exe runs"
      : `The new exe is in place; service '${service}' did not run and is not started`,
  );
  await keep(upgrade);
}

/** The old exe's path until the new one has run. */
const waitingExe = ({ to }: Upgrade) => `${to}.old`;

/** Gives the old exe its lasting name, in place of the one that an earlier upgrade kept. */
async function keep(upgrade: Upgrade): Promise<void> {
  const { host: { files }, say } = upgrade;
  if (!(await files.exists(waitingExe(upgrade)))) return;
  await files.rename(waitingExe(upgrade), keptExe(upgrade));
  say(`The old exe is ${keptExe(upgrade)}`);
}

async function stop({ host, service, say }: Upgrade): Promise<void> {
  say(`Stopping service '${service}'`);
  host.database.stop(service);
  if (hasStopped((await awaitState(host, service, hasStopped, STOP_LIMIT))?.state)) return;
  const limit = `${STOP_LIMIT / 1000} s`;
  throw new Error(
    `Cannot upgrade: service '${service}' did not stop within ${limit}; nothing was changed`,
  );
}

/** Puts the new exe at the service's path. When that fails, the old one is there again, if there was one. */
async function replace(upgrade: Upgrade): Promise<void> {
  const { host: { files }, from, to } = upgrade;
  const fresh = `${to}.new`;
  const isThere = await files.exists(to);
  try {
    await files.copy(from, fresh);
    if (isThere) await files.rename(to, waitingExe(upgrade));
    await files.rename(fresh, to);
  } catch (error) {
    if (isThere && !(await files.exists(to))) await files.rename(waitingExe(upgrade), to);
    await files.remove(fresh).catch(() => {});
    const where = isThere ? "the old exe is in its place" : `there is no exe at ${to}`;
    throw new Error(`Cannot upgrade: ${errorMessage(error)}; ${where}`);
  }
}

/** Why the new exe does not run; undefined when it does. */
async function tryStart({ host, service, say }: Upgrade): Promise<string | undefined> {
  say(`Starting service '${service}' with the new exe`);
  try {
    host.database.start(service);
  } catch (error) {
    return errorMessage(error);
  }
  const status = await awaitState(host, service, isSettled, START_LIMIT);
  if (status?.state === STATE.running) return undefined;
  if (!isSettled(status?.state)) return `it was not RUNNING within ${START_LIMIT / 1000} s`;
  const { exitCode = 0, ownCode = 0 } = status ?? {};
  return `it stopped with code ${exitCode === ERROR_SERVICE_SPECIFIC_ERROR ? ownCode : exitCode}`;
}

async function putBack(upgrade: Upgrade, failure: string): Promise<never> {
  const { host, service, to, say } = upgrade;
  const { database, files } = host;
  say(`The new exe does not run: ${failure}; going back to the old one`);
  // A service that hangs while it starts cannot be stopped; its exe can be renamed all the same.
  if (!hasStopped(database.query(service)?.state)) await stop(upgrade).catch(() => {});
  if (!(await files.exists(waitingExe(upgrade)))) {
    throw new Error(`The new exe does not run: ${failure}; there is no old one to go back to`);
  }
  await files.rename(to, `${to}.failed`);
  await files.rename(waitingExe(upgrade), to);
  await files.remove(`${to}.failed`).catch(() => {});
  database.start(service);
  const status = await awaitState(host, service, isSettled, START_LIMIT);
  const now = status?.state === STATE.running
    ? "the old one runs again"
    : "the old one is back in its place but does not run either; look into its log";
  throw new Error(`The new exe does not run: ${failure}; ${now}`);
}
