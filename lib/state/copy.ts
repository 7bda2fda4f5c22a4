import {
  type Batch,
  type MapRows,
  name,
  NOTHING,
  type Operation,
  type Ordered,
  packRows,
  readBatch,
  Type,
  whole,
  writeMessage,
} from "./message.ts";
import { Sequence } from "./sequence.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import type { Pending, Table } from "./table.ts";
import { FormatError } from "./value_kinds.ts";
import { WaitingWrites } from "./waiting.ts";

/** A channel that is silent for this time, heartbeats included, is opened again, ms. */
const DEAF_AFTER = 25_000;

/** Characters of writes that may wait, where there is a pace. */
const LARGEST_WAITING = 8_388_608;

/** How a thread's copy is made. */
export interface StateCopyOptions extends StateOptions {
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
export class StateCopy extends PublicState {
  readonly #joined = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  readonly ready: Promise<void> = this.#joined.promise;
  /** Resolves once the channel is open; only then may code be loaded that is not to be trusted. */
  readonly opened: Promise<void> = this.#open.promise;
  readonly #port: StateChannel;
  readonly #onHeard: () => void;
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
  constructor(options: StateCopyOptions) {
    super(options);
    const { port, onHeard = () => {}, pace } = options;
    this.#port = port;
    this.#onHeard = onHeard;
    this.#waiting = new WaitingWrites(pace ? LARGEST_WAITING : Infinity);
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

  close(): void {
    this.leave();
    this.#channel?.close();
    this.#port.close();
  }

  protected write(table: Table, key: string, operation: Operation): void {
    const old = table.get(key);
    this.#waiting.add(table, key, operation);
    this.outbox.add();
    table.overlay(key, operation);
    this.#pending.add(table);
    this.note(table, key, old, this.options.thread);
  }

  protected declared(table: Table): void {
    this.#waiting.declare(table);
    this.outbox.add();
  }

  protected left(): void {
    this.#post([Type.leave]);
    this.#sequence.close();
    this.#cancelDeaf();
  }

  protected flush(limit: number): number {
    if (this.#waiting.isEmpty) return 0;
    let size = 0;
    for (const { text, isLast } of packRows(this.#waiting.take(() => this.#sent + 1))) {
      size += this.#post([Type.write, ++this.#sent], text);
      if (isLast || size < limit) continue;
      this.outbox.add();
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
    this.receive(data, "a message", ([type, ...parts]) => {
      this.#heardAt = this.options.clock.now();
      this.#onHeard();
      this.#take(type, parts);
    });
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
        return this.outbox.hold(whole(parts[0]));
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
    const all = [...this.#missingIn(this.#snapshot), ...this.#snapshot];
    this.#snapshot = [];
    this.#apply({ writers: piece.writers, maps: all });
    this.#sequence.begin(whole(number), whole(latest));
  }

  /** The keys that are here and not in a snapshot: they were deleted. */
  *#missingIn(snapshot: readonly MapRows<Ordered>[]): Generator<MapRows<Ordered>> {
    const there = new Map([...this.tables.keys()].map((path) => [path, new Set<string>()]));
    for (const { path, rows } of snapshot) {
      for (const { key } of rows) there.get(path)?.add(key);
    }
    for (const { path, values, pending } of this.tables.values()) {
      const gone = new Set([...values.keys(), ...pending.keys()]).difference(there.get(path)!);
      yield { path, flags: 0, rows: [...gone].map((key) => ({ key, writer: 0, value: NOTHING })) };
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
