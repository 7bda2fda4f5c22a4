import { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
import { isCountable } from "./map.ts";
import {
  addOrdered,
  addWriters,
  begin,
  beginMap,
  endMap,
  type Operation,
  type Progress,
  readWrites,
  Seal,
  Type,
} from "./message.ts";
import { Bucket, Outbox } from "./pace.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import { apply, Flag, type Table } from "./table.ts";

/** How often the last number is told when nothing changes, ms, and how soon after the last batch, in case that was lost. */
const HEARTBEAT = { every: 10_000, afterBatch: 100 };

/** Bytes after which a batch or a piece of a snapshot ends, and another begins. */
const PIECE = 262_144;

/** Bytes of the last batches that are kept for those who missed them. */
const BACKLOG = 4_194_304;

/** A thread's message has at most so many bytes: a piece, the largest value, and what stands around them. */
const LARGEST_MESSAGE = 2_097_152;

/** How long the port of an ended thread is still read, ms: its last messages may be on their way. */
const LAST_MESSAGES = 250;

/** Bytes that a thread may be sent of what it missed: at once, and for long a second. */
const REPEATED = { burst: 16_777_216, perSecond: 4_194_304 };

/** Who writes. */
interface Author {
  readonly id: number;
  readonly thread: string;
  /** The number of the last message whose writes are in. */
  number: number;
}

/** A thread that has a copy. */
interface Connection extends Author {
  readonly port: StateChannel;
  readonly repeated: Bucket;
  isSnapshotUnderWay: boolean;
}

/** A write that was carried out here and waits to be sent. */
interface Unsent {
  readonly author: Author;
  readonly bytes: Uint8Array | undefined;
}

/**
 * The main thread's copy of the public state, which gives all writes their order. Each other thread writes on a port of
 * its own, so that a write's author is known; all hear of the writes on one channel, whose name is random.
 *
 * @example
 * ```ts
 * const state = new MainState({ thread: "main" });
 * state.map("Agent.Info").set("version", "1.0.0");
 * const { port1, port2 } = new MessageChannel();
 * const disconnect = state.connect(port1, "disk_watch::run::Main::0"); // port2 goes to the thread
 * ```
 */
export class MainState extends PublicState {
  readonly ready: Promise<void> = Promise.resolve();
  readonly #name = crypto.randomUUID();
  readonly #seal = new Seal(crypto.getRandomValues(new Uint8Array(8)));
  readonly #outbox: Outbox;
  readonly #connections = new Map<number, Connection>();
  readonly #unsent = new Map<Table, Map<string, Unsent>>();
  /** Those whose messages are in since the last batch. */
  readonly #advanced = new Set<Author>();
  readonly #author: Author;
  /** The last batches, up to `#number`. */
  #backlog: Uint8Array[] = [];
  #backlogBytes = 0;
  #channel: StateChannel | undefined;
  #number = 0;
  #lastId = 0;
  #sentAt = -Infinity;
  #heartbeatAt = -Infinity;
  #cancelHeartbeat = (): void => {};
  #isHeartbeatSoon = false;

  /** Begins a state; there is one in a process. */
  constructor(options: StateOptions) {
    super(options);
    this.#author = { id: 0, thread: options.thread, number: 0 };
    this.#outbox = new Outbox(this.options.clock, options.pace, () => this.#flush());
  }

  /**
   * Gives a thread access: what comes on the port is its writes. Returns what ends that.
   *
   * @param port the other end is for the thread's {@linkcode ThreadState}.
   * @param thread its name, by which its rights are known.
   */
  connect(port: StateChannel, thread: string): () => void {
    const id = ++this.#lastId;
    const { burst, perSecond } = REPEATED;
    const repeated = new Bucket(burst, perSecond, this.options.clock.now());
    const connection = { id, thread, port, number: 0, repeated, isSnapshotUnderWay: false };
    this.#connections.set(id, connection);
    this.#open();
    port.onmessage = ({ data }) => this.#receive(connection, data);
    const welcome = begin(Type.welcome, id);
    welcome.text(this.options.thread);
    welcome.text(this.#name);
    welcome.raw(this.#seal.key);
    this.#post(connection, welcome.slice());
    this.#sendSnapshot(connection);
    return () => {
      const end = () => this.#end(connection);
      if (this.isClosed) end();
      else if (this.#connections.has(id)) this.options.clock.after(LAST_MESSAGES, end);
    };
  }

  /**
   * Resolves once every other copy has left and its last words are here, or after `limit` ms: a copy that was ended
   * says no goodbye.
   */
  async othersLeft(limit: number): Promise<void> {
    const { clock } = this.options;
    for (const end = clock.now() + limit; this.#connections.size > 0;) {
      if (clock.now() > end) return;
      await new Promise<void>((resolve) => void clock.after(1, resolve));
    }
  }

  leave(): void {
    if (this.isClosed) return;
    this.#outbox.flush();
    this.#outbox.close();
    this.isClosed = true;
    this.#cancelHeartbeat();
  }

  close(): void {
    this.leave();
    for (const connection of [...this.#connections.values()]) this.#end(connection);
    this.#channel?.close();
    this.#channel = undefined;
  }

  protected write(table: Table, key: string, operation: Operation): void {
    this.#carryOut(table, key, operation, this.#author);
    this.#outbox.add();
  }

  protected declared(table: Table): void {
    this.#unsentOf(table);
    this.#outbox.add();
  }

  #carryOut(table: Table, key: string, operation: Operation, author: Author): void {
    const old = table.get(key);
    table.put(key, apply(old, operation));
    this.#unsentOf(table).set(key, { author, bytes: operation.bytes });
    this.note(table, key, old, author.thread);
  }

  #unsentOf(table: Table): Map<string, Unsent> {
    let unsent = this.#unsent.get(table);
    if (!unsent) this.#unsent.set(table, unsent = new Map());
    return unsent;
  }

  #open(): void {
    if (this.#channel || this.isClosed) return;
    this.#channel = this.options.openChannel(this.#name);
    // The main thread alone posts here.
    this.#channel.onmessage = () => this.#tell("a message on its channel that somebody else sent");
    this.#heartbeatIn(HEARTBEAT.every);
  }

  #end({ id, port }: Connection): void {
    this.#connections.delete(id);
    port.onmessage = null;
    port.close();
  }

  #receive(connection: Connection, data: unknown): void {
    if (this.isClosed) return;
    this.counts.received++;
    try {
      if (!(data instanceof Uint8Array)) throw new FormatError("it is not made of bytes");
      if (data.length > LARGEST_MESSAGE) throw new FormatError(`it has ${data.length} bytes`);
      this.#take(connection, new ByteReader(data));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#tell(`a message of thread '${connection.thread}': ${error.message}`);
    }
    this.changed.tell();
  }

  #take(connection: Connection, from: ByteReader): void {
    const type = from.byte();
    switch (type) {
      case Type.write:
        return this.#takeWrites(connection, from);
      case Type.missed:
        return this.#repeat(connection, from.uint());
      case Type.leave:
        this.#connections.delete(connection.id);
        return;
      default:
        throw new FormatError(`no message begins with ${type}`);
    }
  }

  /** The whole message is read before any of it is carried out. */
  #takeWrites(connection: Connection, from: ByteReader): void {
    const number = from.uint();
    if (number <= connection.number) throw new FormatError("its number was there already");
    const maps = readWrites(from);
    connection.number = number;
    for (const { path, flags, rows } of maps) {
      if (!this.#mayWrite(connection, path)) continue;
      const table = this.table(path);
      if (flags & ~table.flags) {
        this.flag(table, flags & (Flag.open | Flag.persistent));
        this.#unsentOf(table);
      }
      for (const { key, operation } of rows) {
        const value = table.get(key);
        if (
          operation.by !== undefined &&
          !isCountable(typeof value === "number" ? value : 0, operation.by)
        ) {
          this.#tell(`an increment of ${path}.${key} by thread '${connection.thread}' beyond 2^53`);
          continue;
        }
        this.#carryOut(table, key, operation, connection);
      }
    }
    this.#advanced.add(connection);
    this.#outbox.add(true);
  }

  #mayWrite({ thread }: Connection, path: string): boolean {
    if (this.options.mayWrite(thread, path)) return true;
    const table = this.tables.get(path);
    if (table && table.flags & Flag.open) return true;
    this.#tell(`a forged message: '${thread}' may not write ${path}`);
    return false;
  }

  #tell(what: string): void {
    this.options.onProblem(`The public state ignored ${what}`);
  }

  /** Sends what changed since the last time. Returns how many bytes that was. */
  #flush(): number {
    let bytes = 0;
    if (this.#channel && (this.#unsent.size > 0 || this.#advanced.size > 0)) {
      for (const batch of this.#batches()) bytes += this.#broadcast(batch);
    }
    this.#unsent.clear();
    this.#advanced.clear();
    return bytes;
  }

  *#batches(): Generator<Uint8Array> {
    const body = new ByteWriter();
    const authors = new Set<Author>();
    const take = (isLast: boolean) => {
      const batch = this.#batch(body, authors, isLast);
      body.cut(0);
      authors.clear();
      return batch;
    };
    for (const [table, unsent] of this.#unsent) {
      beginMap(body, table);
      for (const [key, { author, bytes }] of unsent) {
        addOrdered(body, key, author.id, { value: table.get(key), bytes });
        authors.add(author);
        if (body.length < PIECE) continue;
        endMap(body);
        yield take(false);
        beginMap(body, table);
      }
      endMap(body);
    }
    for (const author of this.#advanced) authors.add(author);
    yield take(true);
  }

  /** The progress of the writers is in the last of the batches that belong together. */
  #batch(body: ByteWriter, authors: Set<Author>, isLast: boolean): Uint8Array {
    const batch = begin(Type.batch, ++this.#number);
    const writers = [...authors].map((author) => progressOf(author, isLast ? author.number : 0));
    addWriters(batch, writers);
    batch.raw(body.slice());
    return batch.slice();
  }

  #broadcast(message: Uint8Array): number {
    this.#backlog.push(message);
    this.#backlogBytes += message.length;
    while (this.#backlogBytes > BACKLOG) this.#backlogBytes -= this.#backlog.shift()!.length;
    this.#sentAt = this.options.clock.now();
    this.#postToAll(message);
    if (!this.#isHeartbeatSoon) {
      this.#isHeartbeatSoon = true;
      this.#heartbeatIn(HEARTBEAT.afterBatch);
    }
    return message.length;
  }

  /** Sends the last number. While batches follow each other, the next one shows that its predecessor was lost. */
  #heartbeatIn(ms: number): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.options.clock.after(ms, () => {
      const now = this.options.clock.now();
      const next = this.#sentAt + HEARTBEAT.afterBatch - now;
      if (next > 0 && now - this.#heartbeatAt < HEARTBEAT.every) return this.#heartbeatIn(next);
      this.#isHeartbeatSoon = false;
      this.#heartbeatAt = now;
      this.#postToAll(begin(Type.heartbeat, this.#number).slice());
      this.#heartbeatIn(HEARTBEAT.every);
    });
  }

  #postToAll(message: Uint8Array): void {
    this.counts.sent++;
    this.#channel?.postMessage(this.#seal.close(message));
  }

  #post({ port }: Connection, message: Uint8Array): void {
    this.counts.sent++;
    port.postMessage(message);
  }

  /** Sends the batches after `number` once more, or the whole state where they are gone. */
  #repeat(connection: Connection, number: number): void {
    const { repeated, isSnapshotUnderWay } = connection;
    const now = this.options.clock.now();
    this.counts.questions++;
    const missed = this.#number - number;
    // Who asks too often asks again later.
    if (missed <= 0 || isSnapshotUnderWay || repeated.use(0, now) > 0) return;
    if (missed > this.#backlog.length) return this.#sendSnapshot(connection);
    for (const batch of this.#backlog.slice(-missed)) {
      repeated.use(batch.length, now);
      this.#post(connection, batch);
    }
  }

  /** Sends the whole state, a piece each turn: what changes meanwhile travels in batches, too. */
  #sendSnapshot(connection: Connection): void {
    connection.isSnapshotUnderWay = true;
    const pieces = this.#pieces(connection);
    const send = () => {
      const { value, done } = pieces.next();
      if (done || this.isClosed || !this.#connections.has(connection.id)) {
        connection.isSnapshotUnderWay = false;
        return;
      }
      connection.repeated.use(value.length, this.options.clock.now());
      this.#post(connection, value);
      this.options.clock.atTurnsEnd(send);
    };
    send();
  }

  *#pieces({ id, thread, number }: Connection): Generator<Uint8Array> {
    const start = this.#number;
    const body = new ByteWriter();
    const take = (isLast: boolean) => {
      const piece = begin(Type.snapshot, Number(isLast), this.#number, start);
      addWriters(piece, [{ writer: id, thread, number }]);
      piece.raw(body.slice());
      body.cut(0);
      return piece.slice();
    };
    for (const table of this.tables.values()) {
      if (table.values.size === 0 && table.flags === 0) continue;
      beginMap(body, table);
      for (const [key, value] of table.values) {
        addOrdered(body, key, 0, { value });
        if (body.length < PIECE) continue;
        endMap(body);
        yield take(false);
        beginMap(body, table);
      }
      endMap(body);
    }
    yield take(true);
  }
}

function progressOf({ id, thread }: Author, number: number): Progress {
  return { writer: id, thread, number };
}
