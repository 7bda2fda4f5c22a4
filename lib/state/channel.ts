/** What carries the messages; a `BroadcastChannel` is one. It may drop, delay, repeat and reorder. */
export interface StateChannel {
  /** Sends to every other end; the message is cloned. */
  postMessage(message: unknown): void;
  /** Called with what another end has sent. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Leaves. */
  close(): void;
}
