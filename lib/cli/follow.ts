import { onStopSignal } from "../base/mod.ts";
import { type Client, NotRunningError, type StreamEvent } from "../control/client.ts";
import type { Invocation } from "./command.ts";
import { readSpan } from "./flags.ts";

/**
 * Takes the events of a running agent's stream until Ctrl+C or what else ends the command, or the time of `--for`
 * is up.
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
  const span = readSpan(invocation);
  const stop = new AbortController();
  const forget = onEnd(() => stop.abort(), invocation.until);
  const timer = span === undefined ? undefined : setTimeout(() => stop.abort(), span);
  try {
    for await (const event of client.events(new URLSearchParams(query), stop.signal)) {
      await take(event);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    forget();
    clearTimeout(timer);
  }
  if (!stop.signal.aborted) throw new NotRunningError("The agent has ended");
}

/** Calls `stop` when `until` is aborted; without one, at Ctrl+C. Returns what undoes it. */
function onEnd(stop: () => void, until: AbortSignal | undefined): () => void {
  if (!until) return onStopSignal(stop);
  if (until.aborted) stop();
  until.addEventListener("abort", stop);
  return () => until.removeEventListener("abort", stop);
}
