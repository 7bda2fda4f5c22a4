import type { Stamp } from "./stamp.ts";

/** What a copy holds of one key; without a value it is a tombstone, which keeps older writes from coming back. */
export interface Entry {
  path: string;
  key: string;
  stamp: Stamp;
  value?: unknown;
}

/**
 * What copies tell each other. `from` is the sender; `seq` is how many writes messages it has sent, so that a
 * receiver sees when one was lost.
 *
 * - `writes`: what was written in one turn of the event loop
 * - `tip`: nothing new; but who has seen fewer than `seq` has missed some
 * - `ask`: send a snapshot; to one copy, or, from a newcomer, to the first (`to` is absent)
 * - `snapshot`: all that the sender holds
 */
export type Message =
  | { type: "writes"; from: string; seq: number; entries: Entry[] }
  | { type: "tip"; from: string; seq: number }
  | { type: "ask"; from: string; to?: string }
  | { type: "snapshot"; from: string; to: string; seq: number; entries: Entry[] };

/** The message in what came over the channel; undefined when it is none. */
export function readMessage(data: unknown): Message | undefined {
  const message = data as Partial<Extract<Message, { type: "snapshot" }>> | null;
  if (typeof message !== "object" || message === null) return undefined;
  if (typeof message.from !== "string") return undefined;
  if (message.to !== undefined && typeof message.to !== "string") return undefined;
  const { type, seq, entries } = message as { type: unknown; seq: unknown; entries: unknown };
  const numbered = Number.isSafeInteger(seq);
  const filled = Array.isArray(entries) && entries.every(isEntry);
  const known = type === "ask" || (type === "tip" && numbered) ||
    ((type === "writes" || (type === "snapshot" && message.to !== undefined)) && numbered &&
      filled);
  return known ? data as Message : undefined;
}

function isEntry(data: unknown): data is Entry {
  const { path, key, stamp } = (data ?? {}) as Partial<Entry>;
  return typeof path === "string" && typeof key === "string" &&
    Number.isSafeInteger(stamp?.counter) && typeof stamp?.writer === "string";
}
