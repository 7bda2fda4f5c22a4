import { type Clock, systemClock } from "./clock.ts";

/** Limits of a wait. */
export interface WaitLimit<L> {
  /** How long to wait at most, ms. Default: no limit. */
  ms?: number;
  /** Called when the time is up; the wait ends with what it returns or throws. Default: returns undefined. */
  late?: () => L;
  /** The wait ends with the signal's reason when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Where time comes from. Default: the real clock. */
  clock?: Pick<Clock, "after">;
}

/**
 * Waits for a promise until a limit of time or a signal ends the wait. When the promise rejects after that, the
 * rejection is ignored.
 *
 * @returns what the promise resolves with, or what `late` returns.
 * @throws {unknown} what the promise rejects with, the signal's reason, or what `late` throws.
 */
export async function within<T, L = undefined>(
  promise: Promise<T>,
  { ms, late, signal, clock = systemClock }: WaitLimit<L>,
): Promise<T | L> {
  promise.catch(() => {});
  signal?.throwIfAborted();
  const over = Promise.withResolvers<L>();
  const abort = () => over.reject(signal?.reason);
  const expire = () => {
    try {
      over.resolve(late?.() as L);
    } catch (error) {
      over.reject(error);
    }
  };
  signal?.addEventListener("abort", abort);
  const cancel = ms === undefined ? undefined : clock.after(ms, expire);
  try {
    return await Promise.race([promise, over.promise]);
  } finally {
    cancel?.();
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Aborts a controller as soon as one of some signals is aborted, with that one's reason. Not `AbortSignal.any`: Deno 2.7
 * may collect its result while somebody waits for it.
 *
 * @returns an unsubscribe function.
 */
export function abortWith(over: AbortController, signals: readonly AbortSignal[]): () => void {
  const leave = signals.map((signal) => {
    const abort = () => over.abort(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    return () => signal.removeEventListener("abort", abort);
  });
  return () => {
    for (const end of leave) end();
  };
}

/** The signals that ask a program to stop: Ctrl+C, Ctrl+Break, a closed console; on Unix SIGTERM too. */
export function stopSignals(os: typeof Deno.build.os): readonly Deno.Signal[] {
  return os === "windows" ? ["SIGINT", "SIGBREAK", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
}

/**
 * Calls `stop` with the signal's name at each signal that asks the program to stop. On Windows SIGTERM is not one of
 * them: Deno (ext/signals) maps the logoff of any user to it, and a service outlives a logoff.
 *
 * @returns an unsubscribe function.
 */
export function onStopSignal(stop: (signal: Deno.Signal) => void): () => void {
  const listeners = stopSignals(Deno.build.os).map((signal) => ({
    signal,
    listen: () => stop(signal),
  }));
  for (const { signal, listen } of listeners) Deno.addSignalListener(signal, listen);
  return () => {
    for (const { signal, listen } of listeners) Deno.removeSignalListener(signal, listen);
  };
}

/** The wait before the next attempt, ms: 1 s, 2 s, 4 s and so on, 1 min at most. @param failuresBefore from 0. */
export function growingWait(failuresBefore: number): number {
  return Math.min(60_000, 1_000 * 2 ** failuresBefore);
}
