import { isCountable } from "./map.ts";
import {
  type MapRows,
  type Operation,
  orderedRow,
  pack,
  type Progress,
  readMessage,
  readWrites,
  Type,
  whole,
  type Write,
  writeMessage,
} from "./message.ts";
import { LIMITS } from "./meter.ts";
import { Bucket, Outbox } from "./pace.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import { apply, Flag, type Table } from "./table.ts";
import { FormatError } from "./kinds.ts";

/** How often the last number is told when nothing changes, ms, and how soon after the last batch, in case that was lost. */
const HEARTBEAT = { every: 10_000, afterBatch: 100 };

/** Characters of the last batches that are kept for those who missed them. */
const BACKLOG = 4_194_304;

/** Characters of a thread's message: JSON writes some characters as six. */
const LARGEST_MESSAGE = 12 * LIMITS.bytes;

/** How long the port of an ended thread is still read, ms: its last messages may be on their way. */
const LAST_MESSAGES = 250;

/** Characters that a thread may be sent of what it missed: at once, and for long a second. */
const REPEATED = { burst: 16_777_216, perSecond: 4_194_304 };

/** A thread that has a copy. */
interface Connection extends Progress {
  number: number;
  readonly port: StateChannel;
  readonly repeated: Bucket;
  isSnapshotUnderWay: boolean;
}

/** A write that was carried out here and waits to be sent; without an author it is the main thread's. */
interface Unsent {
  readonly author: Connection | undefined;
  readonly text: string | undefined;
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
  readonly #outbox: Outbox;
  readonly #connections = new Map<number, Connection>();
  readonly #unsent = new Map<Table, Map<string, Unsent>>();
  /** Those whose messages are in since the last batch. */
  readonly #advanced = new Set<Connection>();
  /** The last batches, up to `#number`. */
  readonly #backlog: string[] = [];
  #backlogSize = 0;
  #channel: StateChannel | undefined;
  #number = 0;
  #lastId = 0;
  #sentAt = -Infinity;
  #cancelHeartbeat = (): void => {};
  #isHeartbeatSoon = false;

  /** Begins a state; there is one in a process. */
  constructor(options: StateOptions) {
    super(options);
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
    this.#post(connection, writeMessage([Type.welcome, id, this.options.thread, this.#name]));
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
    this.#carryOut(table, key, operation);
    this.#outbox.add();
  }

  protected declared(table: Table): void {
    this.#unsentOf(table);
    this.#outbox.add();
  }

  #carryOut(table: Table, key: string, operation: Operation, author?: Connection): void {
    const old = table.get(key);
    table.put(key, apply(old, operation));
    this.#unsentOf(table).set(key, { author, text: operation.text });
    this.note(table, key, old, (author ?? this.options).thread);
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
      this.#take(connection, readMessage(data, LARGEST_MESSAGE));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#tell(`a message of thread '${connection.thread}': ${error.message}`);
    }
    this.changed.tell();
  }

  #take(connection: Connection, [type, number, maps]: unknown[]): void {
    switch (type) {
      case Type.write:
        return this.#takeWrites(connection, whole(number), readWrites(maps));
      case Type.missed:
        return this.#repeat(connection, whole(number));
      case Type.leave:
        return void this.#connections.delete(connection.id);
      default:
        throw new FormatError("it is of no kind that is known");
    }
  }

  #takeWrites(connection: Connection, number: number, maps: MapRows<Write>[]): void {
    if (number <= connection.number) throw new FormatError("its number was there already");
    connection.number = number;
    for (const { path, flags, rows } of maps) {
      if (!this.#mayWrite(connection, path)) continue;
      const table = this.table(path);
      if (flags & ~table.flags) {
        this.flag(table, flags & (Flag.open | Flag.persistent));
        this.#unsentOf(table);
      }
      for (const { key, operation } of rows) {
        const { by } = operation;
        const value = table.get(key);
        if (by === undefined || isCountable(typeof value === "number" ? value : 0, by)) {
          this.#carryOut(table, key, operation, connection);
          continue;
        }
        this.#tell(`an increment of ${path}.${key} by thread '${connection.thread}' beyond 2^53`);
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

  /** Sends what changed since the last time. Returns how many characters that was. */
  #flush(): number {
    let size = 0;
    if (this.#channel && (this.#unsent.size > 0 || this.#advanced.size > 0)) {
      const writers = [...this.#advanced];
      for (const { text, isLast } of pack(this.#changes(writers))) {
        // The progress of the writers is in the last of the batches that belong together.
        const progress = writers.map(({ id, thread, number }) => [id, thread, isLast ? number : 0]);
        size += this.#broadcast(writeMessage([Type.batch, ++this.#number, progress], text));
      }
    }
    this.#unsent.clear();
    this.#advanced.clear();
    return size;
  }

  *#changes(writers: Connection[]): Generator<MapRows<string>> {
    const places = new Map(writers.map((writer, i) => [writer, i + 1]));
    for (const [table, unsent] of this.#unsent) {
      const rows = unsent.entries().map(([key, { author, text }]) =>
        orderedRow(key, author ? places.get(author)! : 0, { value: table.get(key), text })
      );
      yield { path: table.path, flags: table.flags, rows };
    }
  }

  #broadcast(message: string): number {
    this.#backlog.push(message);
    this.#backlogSize += message.length;
    while (this.#backlogSize > BACKLOG) this.#backlogSize -= this.#backlog.shift()!.length;
    this.#sentAt = this.options.clock.now();
    this.#postToAll(message);
    if (!this.#isHeartbeatSoon) this.#heartbeatIn(HEARTBEAT.afterBatch);
    this.#isHeartbeatSoon = true;
    return message.length;
  }

  /** Sends the last number. While batches follow each other, the next one shows that its predecessor was lost. */
  #heartbeatIn(ms: number): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.options.clock.after(ms, () => {
      const next = this.#sentAt + HEARTBEAT.afterBatch - this.options.clock.now();
      if (next > 0) return this.#heartbeatIn(next);
      this.#isHeartbeatSoon = false;
      this.#postToAll(writeMessage([Type.heartbeat, this.#number]));
      this.#heartbeatIn(HEARTBEAT.every);
    });
  }

  #postToAll(message: string): void {
    this.counts.sent++;
    this.#channel?.postMessage(message);
  }

  #post({ port }: Connection, message: string): void {
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
    const { id, thread, number, repeated } = connection;
    const start = this.#number;
    const pieces = pack(this.#all());
    const send = () => {
      const { value, done } = pieces.next();
      if (done || this.isClosed || !this.#connections.has(id)) {
        connection.isSnapshotUnderWay = false;
        return;
      }
      const { text, isLast } = value;
      const writers = [[id, thread, number]];
      const head = [Type.snapshot, Number(isLast), this.#number, start, writers];
      repeated.use(text.length, this.options.clock.now());
      this.#post(connection, writeMessage(head, text));
      this.options.clock.atTurnsEnd(send);
    };
    send();
  }

  *#all(): Generator<MapRows<string>> {
    for (const { path, flags, values } of this.tables.values()) {
      if (values.size === 0 && flags === 0) continue;
      const rows = values.entries().map(([key, value]) => orderedRow(key, 0, { value }));
      yield { path, flags, rows };
    }
  }
}
