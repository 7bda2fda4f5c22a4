import { onStopSignal } from "../base/mod.ts";
import { type Client, NotRunningError, type StreamEvent } from "../control/mod.ts";
import type { Invocation } from "./command.ts";
import { readRunTime } from "./flags.ts";

/**
 * Calls `take` with each event of a running agent's stream, until Ctrl+C, the abort of `invocation.until`, or the end
 * of `--for`.
 *
 * @throws {NotRunningError} when the agent ends.
 * @throws {UsageError} when `--for` is no duration.
 */
export async function follow(
  client: Client,
  query: Record<string, string>,
  take: (event: StreamEvent) => void | Promise<void>,
  invocation: Invocation,
): Promise<void> {
  const span = readRunTime(invocation);
  const stop = new AbortController();
  const end = () => stop.abort();
  const { until = stop.signal } = invocation;
  const signal = AbortSignal.any([until, stop.signal]);
  const unsubscribe = until === stop.signal ? onStopSignal(end) : undefined;
  const timer = span === undefined ? undefined : setTimeout(end, span);
  try {
    for await (const event of client.events(new URLSearchParams(query), signal)) {
      await take(event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    unsubscribe?.();
    clearTimeout(timer);
  }
  if (!signal.aborted) throw new NotRunningError("The agent has ended");
}
