import { Knowledge } from "./knowledge.ts";
import { type Group, readRows, type Rows } from "./rows.ts";
import { isCounter, type Stamp } from "./stamp.ts";

/**
 * What copies tell each other.
 *
 * - `writes`: all that the sender wrote after `previous`, up to `counter`
 * - `beat`: the sender lives; it wrote nothing after `wrote` and up to `counter`; and this is what it knows
 * - `tip`: a beat without what the sender knows, which grows with the number of copies: `known` is its own head and floor
 * - `hello`: the sender is new, and would like a beat from whoever knows something
 * - `ask`: what does `to` have that the sender does not? `known` is null when it wants everything, to start from
 * - `answer`: that; `whole` when it is everything. `known` is what the sender knows
 * - `bye`: the sender leaves. As a beat, with all it wrote after `previous` once more, since nobody can ask it any more
 */
export type Message =
  | { type: "writes"; from: string; previous: number; counter: number; groups: Group[]; rows: Rows }
  | Beat
  | { type: "tip"; from: string; wrote: number; counter: number; known: Knowledge }
  | { type: "hello"; from: string }
  | { type: "ask"; from: string; to: string; id: number; known: Knowledge | null }
  | Answer
  | Bye;

/** See {@linkcode Message}. */
export interface Beat {
  readonly type: "beat";
  readonly from: string;
  readonly wrote: number;
  readonly counter: number;
  readonly known: Knowledge;
  readonly isKeeper: boolean;
}

/** See {@linkcode Message}. */
export interface Answer {
  readonly type: "answer";
  readonly from: string;
  readonly to: string;
  readonly id: number;
  readonly whole: boolean;
  readonly known: Knowledge;
  readonly groups: Group[];
  readonly rows: Rows;
}

/** See {@linkcode Message}. */
export interface Bye {
  readonly type: "bye";
  readonly from: string;
  readonly previous: number;
  readonly counter: number;
  readonly known: Knowledge;
  readonly groups: Group[];
  readonly rows: Rows;
}

/** The message in what came over the channel; undefined when it is none. */
export function readMessage(data: unknown): Message | undefined {
  if (!Array.isArray(data) || typeof data[1] !== "string") return undefined;
  const from = data[1];
  switch (data[0]) {
    case "writes":
      return readWrites(from, data);
    case "beat":
      return readBeat(from, data);
    case "tip":
      return readTip(from, data);
    case "hello":
      return { type: "hello", from };
    case "ask":
      return readAsk(from, data);
    case "answer":
      return readAnswer(from, data);
    case "bye":
      return readBye(from, data);
    default:
      return undefined;
  }
}

/** A message as it travels: an array, since its names would take longer than the message. */
export const encode = {
  writes: (from: string, previous: number, counter: number, rows: Rows): unknown[] => [
    "writes",
    from,
    previous,
    counter,
    // Flat, since it is sent most often, and a list within a list costs as much again.
    ...rows,
  ],
  beat: (
    from: string,
    wrote: number,
    counter: number,
    known: Knowledge,
    isKeeper: boolean,
  ): unknown[] => [
    "beat",
    from,
    wrote,
    counter,
    known.toWire(),
    isKeeper,
  ],
  tip: (from: string, wrote: number, counter: number, { floor, life }: Knowledge): unknown[] => [
    "tip",
    from,
    wrote,
    counter,
    floor.counter,
    life,
  ],
  hello: (from: string): unknown[] => ["hello", from],
  ask: (from: string, to: string, id: number, known: Knowledge | null): unknown[] => [
    "ask",
    from,
    to,
    id,
    known && known.toWire(),
  ],
  answer: (from: string, answer: Omit<Answer, "type" | "from" | "groups">): unknown[] => [
    "answer",
    from,
    answer.to,
    answer.id,
    answer.whole,
    answer.known.toWire(),
    answer.rows,
  ],
  bye: (
    from: string,
    previous: number,
    counter: number,
    known: Knowledge,
    rows: Rows,
  ): unknown[] => ["bye", from, previous, counter, known.toWire(), rows],
};

function readWrites(from: string, data: unknown[]): Message | undefined {
  const [previous, counter] = [data[2], data[3]];
  if (!isCounter(previous) || !isCounter(counter)) return undefined;
  const groups = readRows(data, { counter, writer: from }, 4);
  if (!groups || !groups.every((group) => isOwn(group, from, counter))) return undefined;
  return { type: "writes", from, previous, counter, groups, rows: data };
}

function readBeat(
  from: string,
  [, , wrote, counter, wire, isKeeper]: unknown[],
): Message | undefined {
  const known = Knowledge.fromWire(wire);
  if (!isCounter(wrote) || !isCounter(counter) || !known) return undefined;
  return { type: "beat", from, wrote, counter, known, isKeeper: isKeeper === true };
}

function readTip(from: string, [, , wrote, counter, floor, life]: unknown[]): Message | undefined {
  if (![wrote, counter, floor, life].every(isCounter)) return undefined;
  const known = new Knowledge(
    { counter: floor as number, members: new Map(), departed: new Map() },
    [[from, counter as number, wrote as number]],
    life as number,
  );
  return { type: "tip", from, wrote: wrote as number, counter: counter as number, known };
}

function readAsk(from: string, [, , to, id, wire]: unknown[]): Message | undefined {
  const known = wire === null ? null : Knowledge.fromWire(wire);
  if (typeof to !== "string" || !isCounter(id) || known === undefined) return undefined;
  return { type: "ask", from, to, id, known };
}

function readAnswer(from: string, data: unknown[]): Message | undefined {
  const [, , to, id, whole, wire, rows] = data;
  const known = Knowledge.fromWire(wire);
  const groups = readRows(rows, FIRST);
  if (typeof to !== "string" || !isCounter(id) || !known || !groups) return undefined;
  return { type: "answer", from, to, id, whole: whole === true, known, groups, rows: rows as Rows };
}

function readBye(from: string, data: unknown[]): Message | undefined {
  const [, , previous, counter, wire, rows] = data;
  const known = Knowledge.fromWire(wire);
  if (!isCounter(previous) || !isCounter(counter) || !known) return undefined;
  const groups = readRows(rows, FIRST);
  if (!groups || !groups.every((group) => isOwn(group, from, counter))) return undefined;
  return { type: "bye", from, previous, counter, known, groups, rows: rows as Rows };
}

/** The stamp that the rows of an answer start from. */
export const FIRST: Stamp = { counter: 0, writer: "" };

/** A copy sends its own writes; of others it passes on no more than what a map's owner has declared. */
function isOwn({ operation, stamp }: Group, from: string, counter: number): boolean {
  return operation === "flag" || (stamp.writer === from && stamp.counter <= counter);
}
