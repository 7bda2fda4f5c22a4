import { type Client, NotRunningError, type StreamEvent } from "../control/client.ts";
import { onStopSignal } from "./signals.ts";

/**
 * Takes the events of a running agent's stream until Ctrl+C, or until `until` is aborted.
 *
 * @throws {NotRunningError} when the agent ends.
 */
export async function follow(
  client: Client,
  query: Record<string, string>,
  take: (event: StreamEvent) => void,
  until?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const forget = until ? () => {} : onStopSignal(() => stop.abort());
  const signal = until ?? stop.signal;
  try {
    for await (const event of client.events(new URLSearchParams(query), signal)) take(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    forget();
  }
  if (!signal.aborted) throw new NotRunningError("The agent has ended");
}
