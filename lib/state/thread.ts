import {
  type Batch,
  type MapRows,
  name,
  NOTHING,
  type Operation,
  type Ordered,
  packRows,
  readBatch,
  readMessage,
  Type,
  whole,
  writeMessage,
} from "./message.ts";
import { Outbox } from "./pace.ts";
import { Sequence } from "./sequence.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import type { Pending, Table } from "./table.ts";
import { WaitingWrites } from "./waiting.ts";
import { FormatError } from "./value_kinds.ts";

/** A channel that is silent for this time, heartbeats included, is opened again, ms. */
const DEAF_AFTER = 25_000;

/** Characters of writes that may wait, where there is a pace. */
const LARGEST_WAITING = 8_388_608;

/** How a thread's copy is made. */
export interface ThreadStateOptions extends StateOptions {
  /** The other end of the port that {@linkcode MainState.connect} was given. */
  port: StateChannel;
  /** Called at each message from the main thread. */
  onHeard?: () => void;
}

/**
 * The copy of a thread other than the main one. Its own writes are read here at once; once the main thread has ordered
 * them they come back in a batch.
 *
 * The channel's name comes on the port. Who knows it may post there what everybody believes: it lies in a private field,
 * and {@linkcode opened} says when it is here.
 */
export class ThreadState extends PublicState {
  readonly ready: Promise<void>;
  /** Resolves once the channel is open; only then may code be loaded that is not to be trusted. */
  readonly opened: Promise<void>;
  readonly #port: StateChannel;
  readonly #outbox: Outbox;
  readonly #onHeard: () => void;
  readonly #joined = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  readonly #waiting: WaitingWrites;
  /** The maps with writes that are on their way. */
  readonly #pending = new Set<Table>();
  readonly #sequence: Sequence<Batch>;
  #sent = 0;
  #channel: StateChannel | undefined;
  #name = "";
  #id = 0;
  #main = "";
  /** What is here of a snapshot. */
  #snapshot: MapRows<Ordered>[] = [];
  #heardAt: number;
  #cancelDeaf = (): void => {};

  /** Joins: the main thread sends what there is. */
  constructor(options: ThreadStateOptions) {
    super(options);
    const { port, onHeard = () => {}, pace } = options;
    this.ready = this.#joined.promise;
    this.opened = this.#open.promise;
    this.#port = port;
    this.#onHeard = onHeard;
    this.#waiting = new WaitingWrites(pace ? LARGEST_WAITING : Infinity);
    this.#outbox = new Outbox(this.options.clock, pace, (limit) => this.#flush(limit));
    this.#sequence = new Sequence({
      clock: this.options.clock,
      apply: (batch) => this.#apply(batch),
      ask: (number) => {
        this.counts.questions++;
        this.#post([Type.missed, number]);
      },
      onCurrent: () => this.#joined.resolve(),
    });
    this.#heardAt = this.options.clock.now();
    port.onmessage = ({ data }) => this.#receive(data);
    this.#watchDeafness();
  }

  leave(): void {
    if (this.isClosed) return;
    this.#outbox.flush();
    this.#outbox.close();
    this.#post([Type.leave]);
    this.isClosed = true;
    this.#sequence.close();
    this.#cancelDeaf();
  }

  close(): void {
    this.leave();
    this.#channel?.close();
    this.#port.close();
  }

  protected write(table: Table, key: string, operation: Operation): void {
    const old = table.get(key);
    this.#waiting.add(table, key, operation);
    this.#outbox.add();
    table.overlay(key, operation);
    this.#pending.add(table);
    this.note(table, key, old, this.options.thread);
  }

  protected declared(table: Table): void {
    this.#waiting.declare(table);
    this.#outbox.add();
  }

  /** Sends about `limit` characters of the writes. Returns the number sent. */
  #flush(limit: number): number {
    if (this.#waiting.isEmpty) return 0;
    let size = 0;
    for (const { text, isLast } of packRows(this.#waiting.take(() => this.#sent + 1))) {
      size += this.#post([Type.write, ++this.#sent], text);
      if (isLast || size < limit) continue;
      this.#outbox.add();
      break;
    }
    return size;
  }

  #post(parts: unknown[], maps?: string): number {
    this.counts.sent++;
    const message = writeMessage(parts, maps);
    this.#port.postMessage(message);
    return message.length;
  }

  #receive(data: unknown): void {
    if (this.isClosed) return;
    this.counts.received++;
    try {
      const [type, ...parts] = readMessage(data);
      this.#heardAt = this.options.clock.now();
      this.#onHeard();
      this.#take(type, parts);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.options.onProblem(`The public state ignored a message: ${error.message}`);
    }
    this.changed.tell();
  }

  #take(type: unknown, parts: unknown[]): void {
    switch (type) {
      case Type.welcome:
        return this.#takeWelcome(parts);
      case Type.snapshot:
        return this.#takePiece(parts);
      case Type.batch:
        return this.#sequence.take(whole(parts[0]), () => readBatch(parts[1], parts[2]));
      case Type.heartbeat:
        return this.#sequence.hearOf(whole(parts[0]));
      case Type.wait:
        return this.#outbox.hold(whole(parts[0]));
      default:
        throw new FormatError("it is of no kind that is known");
    }
  }

  #takeWelcome([id, main, channel]: unknown[]): void {
    this.#id = whole(id);
    this.#main = name(main);
    this.#name = name(channel);
    this.#channel = this.#listen();
    this.#open.resolve();
  }

  #listen(): StateChannel {
    const channel = this.options.openChannel(this.#name);
    channel.onmessage = ({ data }) => this.#receive(data);
    return channel;
  }

  #watchDeafness(): void {
    this.#cancelDeaf = this.options.clock.after(DEAF_AFTER, () => {
      if (this.#channel && this.options.clock.now() - this.#heardAt >= DEAF_AFTER) {
        // The new one first: a thread without any channel can leave the next one deaf (Deno 2.7 and 2.9).
        const deaf = this.#channel;
        this.#channel = this.#listen();
        deaf.close();
        this.#sequence.ask();
      }
      this.#watchDeafness();
    });
  }

  /** What came between the batch after which the snapshot was begun and the last one may be in it or not, and follows. */
  #takePiece([isLast, latest, number, writers, maps]: unknown[]): void {
    const piece = readBatch(writers, maps);
    this.#snapshot.push(...piece.maps);
    if (isLast !== 1) return;
    this.#takeSnapshot(piece.writers[0]?.number ?? 0);
    this.#sequence.begin(whole(number), whole(latest));
  }

  /** @param ordered the number of the last message of this thread that is in it. */
  #takeSnapshot(ordered: number): void {
    const before = new Map([...this.tables.values()].map((table) => [table, table.values]));
    for (const table of before.keys()) table.values = new Map();
    for (const { path, flags, rows } of this.#snapshot) {
      const table = this.table(path);
      this.flag(table, flags);
      for (const { key, value } of rows) table.put(key, value);
    }
    this.#snapshot = [];
    for (const table of this.#pending) {
      for (const [key, pending] of table.pending) {
        pending.base = table.get(key);
        pending.isChanged = true;
      }
      table.settle(ordered, () => {});
      if (table.pending.size === 0) this.#pending.delete(table);
    }
    for (const table of this.tables.values()) this.#compare(table, before.get(table) ?? new Map());
  }

  /** Notes what a snapshot changed. */
  #compare(table: Table, before: Map<string, unknown>): void {
    if (!this.changed.isHeard(table.path)) return;
    for (const key of new Set([...before.keys(), ...table.values.keys()])) {
      this.note(table, key, before.has(key) ? before.get(key) : NOTHING, this.#main);
    }
  }

  #apply({ writers, maps }: Batch): void {
    const mine = writers.find(({ id }) => id === this.#id)?.number ?? 0;
    for (const { path, flags, rows } of maps) {
      const table = this.table(path);
      this.flag(table, flags);
      for (const { key, writer, value } of rows) {
        const author = writers[writer - 1];
        const thread = author?.thread ?? this.#main;
        const pending = table.pending.get(key);
        if (!pending) {
          const old = table.get(key);
          table.put(key, value);
          this.note(table, key, old, thread);
          continue;
        }
        pending.base = author?.id === this.#id ? ownValue(pending, mine, value) : value;
        pending.writer = thread;
        pending.isChanged = true;
      }
    }
    this.#settle(mine);
  }

  /** Handles the acknowledgement of its own messages up to a number. */
  #settle(mine: number): void {
    for (const table of this.#pending) {
      table.settle(mine, (key, old, writer = this.options.thread) => {
        this.note(table, key, old, writer);
      });
      if (table.pending.size === 0) this.#pending.delete(table);
    }
  }
}

/** The very value that was set here, of which what came back is a copy. */
function ownValue({ writes }: Pending, mine: number, value: unknown): unknown {
  const last = writes.findLast(({ number }) => number !== undefined && number <= mine);
  return last && last.operation.by === undefined ? last.operation.value : value;
}
