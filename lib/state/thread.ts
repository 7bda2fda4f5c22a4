import { ByteReader, type ByteWriter, FormatError } from "./bytes.ts";
import { LIMITS } from "./meter.ts";
import {
  addWrite,
  type Batch,
  begin,
  beginMap,
  endMap,
  type MapRows,
  NOTHING,
  type Operation,
  type Ordered,
  readBatch,
  Seal,
  Type,
} from "./message.ts";
import { Outbox } from "./pace.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import type { Pending, Table } from "./table.ts";

/** How soon an unanswered question is asked again, ms: the first time and at most. */
const ASK_AGAIN = { first: 200, longest: 5_000 };

/** A channel without any message, not even a heartbeat, for so long, ms, is opened again. */
const DEAF_AFTER = 25_000;

/** So many batches that came too early are kept. */
const AHEAD = 64;

/** Bytes after which a message of writes ends, and another begins. */
const PIECE = 262_144;

/** How a thread's copy is made. */
export interface ThreadOptions extends StateOptions {
  /** The other end of the port that {@linkcode MainState.connect} was given. */
  port: StateChannel;
  /** Called at each message from the main thread. */
  onHeard?: () => void;
}

/** What was sent in one message. */
interface InFlight {
  readonly number: number;
  readonly keys: [Table, string][];
}

/**
 * The copy of a thread other than the main one. Its own writes are read here at once; once the main thread has ordered
 * them they come back in a batch.
 *
 * What it needs of the globals is taken before another module can change them, and all that a batch is trusted for lies
 * in private fields: the channel's name and the key of its seal come on the port, and {@linkcode opened} says when they
 * are here.
 */
export class ThreadState extends PublicState {
  readonly ready: Promise<void>;
  /** Resolves once the channel is open; only then may code be loaded that is not to be trusted. */
  readonly opened: Promise<void>;
  readonly #port: StateChannel;
  readonly #postMessage: (message: Uint8Array) => void;
  readonly #outbox: Outbox;
  readonly #onHeard: () => void;
  readonly #joined = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  readonly #unsent = new Map<Table, Set<string>>();
  readonly #declared = new Set<Table>();
  readonly #ahead = new Map<number, Batch>();
  #inFlight: InFlight[] = [];
  #sent = 0;
  #channel: { name: string; seal: Seal; way: StateChannel } | undefined;
  #id = 0;
  #main = "";
  /** The number of the last batch that is in, and the largest that was heard of. */
  #number = -1;
  #latest = 0;
  #snapshot: Map<string, { flags: number; values: Map<string, unknown> }> | undefined;
  #heardAt: number;
  #question: { cancel: () => void; wait: number } | undefined;
  #cancelDeaf = (): void => {};

  /** Joins: the main thread sends what there is. */
  constructor(options: ThreadOptions) {
    super(options);
    const { port, onHeard = () => {}, pace } = options;
    this.ready = this.#joined.promise;
    this.opened = this.#open.promise;
    this.#port = port;
    this.#postMessage = port.postMessage.bind(port);
    this.#onHeard = onHeard;
    this.#outbox = new Outbox(this.options.clock, pace, () => this.#flush());
    this.#heardAt = this.options.clock.now();
    port.onmessage = ({ data }) => this.#receive(data, this.#takeFromPort);
    this.#watchDeafness();
  }

  leave(): void {
    if (this.isClosed) return;
    this.#outbox.flush();
    this.#outbox.close();
    this.#post(begin(Type.leave));
    this.isClosed = true;
    this.#question?.cancel();
    this.#cancelDeaf();
  }

  close(): void {
    this.leave();
    this.#channel?.way.close();
    this.#port.close();
  }

  protected write(table: Table, key: string, operation: Operation): void {
    const old = table.get(key);
    table.overlay(key, operation);
    const keys = this.#unsent.get(table);
    if (keys) keys.add(key);
    else this.#unsent.set(table, new Set([key]));
    this.note(table, key, old, this.options.thread);
    this.#outbox.add();
  }

  protected declared(table: Table): void {
    this.#declared.add(table);
    if (!this.#unsent.has(table)) this.#unsent.set(table, new Set());
    this.#outbox.add();
  }

  /** Sends what was written. Returns how many bytes that was. */
  #flush(): number {
    if (this.#unsent.size === 0) return 0;
    let bytes = 0;
    let [out, keys] = this.#beginWrites();
    for (const [table, unsent] of this.#unsent) {
      const head = { path: table.path, flags: this.#declared.has(table) ? table.flags : 0 };
      beginMap(out, head);
      for (const key of unsent) {
        const write = table.pending.get(key)!.writes.at(-1)!;
        write.number = this.#sent;
        addWrite(out, key, write.operation);
        keys.push([table, key]);
        if (out.length < PIECE) continue;
        endMap(out);
        bytes += this.#post(out);
        [out, keys] = this.#beginWrites();
        beginMap(out, head);
      }
      endMap(out);
    }
    this.#unsent.clear();
    this.#declared.clear();
    return bytes + this.#post(out);
  }

  #beginWrites(): [ByteWriter, InFlight["keys"]] {
    const keys: InFlight["keys"] = [];
    this.#inFlight.push({ number: ++this.#sent, keys });
    return [begin(Type.write, this.#sent), keys];
  }

  #post(message: ByteWriter): number {
    this.counts.sent++;
    this.#postMessage(message.slice());
    return message.length;
  }

  #receive(data: unknown, take: (data: Uint8Array) => void): void {
    if (this.isClosed) return;
    this.counts.received++;
    try {
      if (!(data instanceof Uint8Array)) throw new FormatError("it is not made of bytes");
      take(data);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.options.onProblem(`The public state ignored a message: ${error.message}`);
    }
    this.changed.tell();
  }

  readonly #takeFromPort = (data: Uint8Array): void => {
    this.#heard();
    const from = new ByteReader(data);
    switch (from.byte()) {
      case Type.welcome:
        return this.#takeWelcome(from);
      case Type.snapshot:
        return this.#takePiece(from);
      case Type.batch:
        return this.#takeBatch(from);
      default:
        throw new FormatError("it is of no kind that is known");
    }
  };

  readonly #takeFromChannel = (data: Uint8Array): void => {
    const from = this.#channel!.seal.open(data);
    if (!from) throw new FormatError("it is forged, somebody else posts on its channel");
    this.#heard();
    switch (from.byte()) {
      case Type.batch:
        return this.#takeBatch(from);
      case Type.heartbeat:
        return this.#hearOf(from.uint());
    }
  };

  #takeWelcome(from: ByteReader): void {
    this.#id = from.uint();
    this.#main = from.text(LIMITS.key);
    const name = from.text(LIMITS.key);
    const seal = new Seal(from.raw(8).slice());
    this.#channel = { name, seal, way: this.#listen(name) };
    this.#open.resolve();
  }

  #listen(name: string): StateChannel {
    const way = this.options.openChannel(name);
    way.onmessage = ({ data }) => this.#receive(data, this.#takeFromChannel);
    return way;
  }

  #heard(): void {
    this.#heardAt = this.options.clock.now();
    this.#onHeard();
  }

  #watchDeafness(): void {
    this.#cancelDeaf = this.options.clock.after(DEAF_AFTER, () => {
      if (this.#channel && this.options.clock.now() - this.#heardAt >= DEAF_AFTER) this.#reopen();
      this.#watchDeafness();
    });
  }

  /** The new one first: a thread without any channel can leave the next one deaf (Deno 2.7 and 2.9). */
  #reopen(): void {
    const { way, name } = this.#channel!;
    this.#channel!.way = this.#listen(name);
    way.close();
    if (!this.#question) this.#ask();
  }

  #takePiece(from: ByteReader): void {
    const [isLast, latest, number] = [from.uint() === 1, from.uint(), from.uint()];
    const { writers, maps } = readBatch(from);
    this.#snapshot ??= new Map();
    for (const { path, flags, rows } of maps) {
      let map = this.#snapshot.get(path);
      if (!map) this.#snapshot.set(path, map = { flags, values: new Map() });
      for (const { key, value } of rows) map.values.set(key, value);
    }
    if (isLast) this.#takeSnapshot(number, latest, writers[0]?.number ?? 0);
  }

  /**
   * @param number of the batch after which the snapshot was begun, and @param latest when it was done: what came between
   * may be in it or not, and follows.
   * @param ordered the number of the last message of this thread that is in it.
   */
  #takeSnapshot(number: number, latest: number, ordered: number): void {
    const maps = this.#snapshot!;
    this.#snapshot = undefined;
    this.#inFlight = this.#inFlight.filter(({ number }) => number > ordered);
    for (const [path, { flags }] of maps) this.flag(this.table(path), flags);
    for (const table of this.tables.values()) {
      this.#load(table, maps.get(table.path)?.values ?? new Map(), ordered);
    }
    this.#number = number;
    this.#advance();
    this.#hearOf(latest);
    // What was sent on the channel before it was open here.
    if (!this.#question) this.#ask();
  }

  #load(table: Table, values: Map<string, unknown>, ordered: number): void {
    const before = table.values;
    table.values = values;
    for (const [key, pending] of table.pending) {
      pending.base = table.get(key);
      this.#settle(table, key, pending, ordered);
    }
    if (!this.changed.isHeard(table.path)) return;
    for (const [key, old] of before) {
      if (!values.has(key)) this.note(table, key, old, this.#main);
    }
    for (const key of values.keys()) {
      this.note(table, key, before.has(key) ? before.get(key) : NOTHING, this.#main);
    }
  }

  #takeBatch(from: ByteReader): void {
    const number = from.uint();
    if (number <= this.#number || this.#ahead.has(number)) return;
    if (this.#number < 0 || number > this.#number + 1) {
      if (this.#ahead.size < AHEAD) this.#ahead.set(number, readBatch(from));
      return this.#hearOf(number);
    }
    this.#apply(number, readBatch(from));
    this.#advance();
  }

  /** Takes in what came too early and is next now. */
  #advance(): void {
    for (const number of this.#ahead.keys()) if (number <= this.#number) this.#ahead.delete(number);
    for (let next; (next = this.#ahead.get(this.#number + 1));) {
      this.#ahead.delete(this.#number + 1);
      this.#apply(this.#number + 1, next);
    }
    this.#hearOf(this.#number);
  }

  #hearOf(number: number): void {
    this.#latest = Math.max(this.#latest, number);
    if (this.#number < 0) return;
    if (this.#number < this.#latest) {
      if (!this.#question) this.#ask();
      return;
    }
    this.#question?.cancel();
    this.#question = undefined;
    this.#joined.resolve();
  }

  #ask(): void {
    const wait = Math.min((this.#question?.wait ?? ASK_AGAIN.first / 2) * 2, ASK_AGAIN.longest);
    this.counts.questions++;
    this.#post(begin(Type.missed, this.#number));
    const cancel = this.options.clock.after(wait, () => {
      if (this.#number < this.#latest) this.#ask();
      else this.#question = undefined;
    });
    this.#question = { cancel, wait };
  }

  #apply(number: number, { writers, maps }: Batch): void {
    this.#number = number;
    const mine = writers.find(({ writer }) => writer === this.#id)?.number ?? 0;
    const threads = new Map(writers.map(({ writer, thread }) => [writer, thread]));
    const touched: [Table, string][] = [];
    for (const map of maps) this.#applyMap(map, threads, mine, touched);
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.number <= mine) {
      touched.push(...this.#inFlight.shift()!.keys);
    }
    for (const [table, key] of touched) {
      const pending = table.pending.get(key);
      if (!pending) continue;
      const old = table.get(key);
      this.#settle(table, key, pending, mine);
      this.note(table, key, old, pending.writer ?? this.options.thread);
    }
  }

  #applyMap(
    { path, flags, rows }: MapRows<Ordered>,
    threads: ReadonlyMap<number, string>,
    mine: number,
    touched: [Table, string][],
  ): void {
    const table = this.table(path);
    this.flag(table, flags);
    for (const { key, writer, value } of rows) {
      const pending = table.pending.get(key);
      const thread = threads.get(writer) ?? this.#main;
      if (!pending) {
        const old = table.get(key);
        table.put(key, value);
        this.note(table, key, old, thread);
        continue;
      }
      pending.base = writer === this.#id ? ownValue(pending, mine, value) : value;
      pending.writer = thread;
      touched.push([table, key]);
    }
  }

  #settle(table: Table, key: string, pending: Pending, ordered: number): void {
    const { writes } = pending;
    while (writes[0]?.number !== undefined && writes[0].number <= ordered) writes.shift();
    table.settle(key, pending);
  }
}

/** The very value that was set here, of which what came back is a copy. */
function ownValue({ writes }: Pending, mine: number, value: unknown): unknown {
  const last = writes.findLast(({ number }) => number !== undefined && number <= mine);
  return last && last.operation.by === undefined ? last.operation.value : value;
}
