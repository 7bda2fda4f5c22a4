import { CopyConnection, type CountWrites } from "./connection.ts";
import { FormatError } from "./value_kinds.ts";
import { isCountable } from "./map.ts";
import {
  type MapRows,
  type Operation,
  orderedRow,
  packRows,
  readWrites,
  Type,
  whole,
  type Write,
  writeMessage,
} from "./message.ts";
import { LIMITS } from "./meter.ts";
import { LARGEST_OWNER, Quota } from "./quota.ts";
import { PublicState, type StateChannel, type StateOptions } from "./state.ts";
import { apply, Flag, type Table, Unsent } from "./table.ts";

/** Time between two beats with the last number, ms; and from the last batch, which may be lost, to the first beat. */
const HEARTBEAT = { every: 10_000, afterBatch: 100 };

/** Characters of the last batches that are kept for those who missed them. */
const BACKLOG = 4_194_304;

/**
 * Characters of a batch above which it goes to each thread's port. A BroadcastChannel costs each listener 30 to 40 ms of
 * processor time a megabyte, a port 1.5 ms (Deno 2.7.11 and 2.9.5; `deno task bench state`, "40 values").
 */
const LARGE = 4_096;

/** Characters of a thread's message: JSON writes some characters as six. */
const LARGEST_MESSAGE = 12 * LIMITS.bytes;

/** How long the port of an ended thread is still read, ms: its last messages may be on their way. */
const LAST_MESSAGES = 250;

/** How the main thread's copy is made. */
export interface MainOptions extends StateOptions {
  /** Whose a map is, by its path: what all maps of one owner hold is limited. Default: each map for itself. */
  ownerOf?: (path: string) => string;
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
  readonly #quota: Quota;
  readonly #connections = new Map<number, CopyConnection>();
  /** The writes since the last batch: who wrote, and the value's text where that is known. */
  readonly #unsent = new Unsent<{ author: CopyConnection | undefined; text: string | undefined }>();
  /** Those whose messages are in since the last batch. */
  readonly #advanced = new Set<CopyConnection>();
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
  constructor({ ownerOf = (path) => path, ...options }: MainOptions) {
    super(options);
    this.#quota = new Quota(ownerOf);
  }

  /**
   * Gives a thread access: what comes on the port is its writes. Returns what ends that.
   *
   * @param port the other end is for the thread's {@linkcode StateCopy}.
   * @param thread its name, by which its rights are known.
   * @param countWrites limits its writes. Default: no limit but its own pace.
   */
  connect(port: StateChannel, thread: string, countWrites: CountWrites = () => 0): () => void {
    const id = ++this.#lastId;
    const { clock } = this.options;
    const connection = new CopyConnection(id, thread, port, clock);
    this.#connections.set(id, connection);
    this.#open();
    connection.listen(countWrites, (data) => this.#receive(connection, data));
    this.#post(connection, writeMessage([Type.welcome, id, this.options.thread, this.#name]));
    this.#sendSnapshot(connection);
    return () => {
      const end = () => this.#end(connection);
      if (this.isClosed) end();
      else if (this.#connections.has(id)) clock.after(LAST_MESSAGES, () => connection.inTurn(end));
    };
  }

  /**
   * Resolves once every other copy has left and its last words are here, or after `limit` ms: a copy that was ended
   * sends no last message.
   */
  async othersLeft(limit: number): Promise<void> {
    const { clock } = this.options;
    for (const end = clock.now() + limit; this.#connections.size > 0 && clock.now() <= end;) {
      await new Promise<void>((resolve) => void clock.after(1, resolve));
    }
    for (const connection of [...this.#connections.values()]) connection.takeHeld();
  }

  close(): void {
    this.leave();
    for (const connection of [...this.#connections.values()]) this.#end(connection);
    this.#channel?.close();
    this.#channel = undefined;
  }

  protected write(table: Table, key: string, operation: Operation): void {
    this.#carryOut(table, key, operation);
    this.outbox.add();
  }

  protected declared(table: Table): void {
    this.#unsent.of(table);
    this.outbox.add();
  }

  protected left(): void {
    this.#cancelHeartbeat();
  }

  protected override table(path: string): Table {
    if (!this.tables.has(path)) this.#quota.countMap(path);
    return super.table(path);
  }

  #carryOut(table: Table, key: string, operation: Operation, author?: CopyConnection): void {
    const old = table.get(key);
    const value = apply(old, operation);
    table.put(key, value);
    this.#quota.count(table.path, key, old, value, operation.text);
    this.#unsent.of(table).set(key, { author, text: operation.text });
    this.note(table, key, old, (author ?? this.options).thread);
  }

  #open(): void {
    if (this.#channel || this.isClosed) return;
    this.#channel = this.options.openChannel(this.#name);
    // The main thread alone posts here.
    this.#channel.onmessage = () =>
      this.ignored("a message on its channel that somebody else sent");
    this.#heartbeatIn(HEARTBEAT.every);
  }

  #end(connection: CopyConnection): void {
    this.#connections.delete(connection.id);
    connection.end();
  }

  #receive(connection: CopyConnection, data: unknown): void {
    const what = `a message of thread '${connection.thread}'`;
    this.receive(data, what, (parts) => this.#take(connection, parts), LARGEST_MESSAGE);
  }

  #take(connection: CopyConnection, [type, number, maps]: unknown[]): void {
    switch (type) {
      case Type.write:
        return this.#takeWrites(connection, whole(number), readWrites(maps));
      case Type.missed:
        return this.#repeat(connection, whole(number));
      case Type.leave:
        return this.#end(connection);
      default:
        throw new FormatError("it is of no kind that is known");
    }
  }

  #takeWrites(connection: CopyConnection, number: number, maps: MapRows<Write>[]): void {
    if (number <= connection.number) throw new FormatError("its number was there already");
    connection.number = number;
    for (const { path, flags, rows } of maps) {
      if (!this.#mayWrite(connection, path) || !this.#mayMake(connection, path)) continue;
      const table = this.table(path);
      if (flags & ~table.flags) {
        this.flag(table, flags & (Flag.open | Flag.persistent));
        this.#unsent.of(table);
      }
      for (const { key, operation } of rows) {
        if (this.#accepts(connection, table, key, operation)) {
          this.#carryOut(table, key, operation, connection);
        }
      }
    }
    this.#advanced.add(connection);
    this.outbox.add(true);
  }

  #accepts(connection: CopyConnection, table: Table, key: string, operation: Operation): boolean {
    const { by } = operation;
    const old = table.get(key);
    const name = `${table.path}.${key}`;
    if (by !== undefined && !isCountable(typeof old === "number" ? old : 0, by)) {
      this.ignored(`an increment of ${name} by thread '${connection.thread}' beyond 2^53`);
      return false;
    }
    return this.#quota.allows(table.path, key, old, operation) ||
      this.#refuse(connection, `the write of ${name}`);
  }

  /** A map that holds nothing takes room, too: it is made here and in every copy, and stays. */
  #mayMake(connection: CopyConnection, path: string): boolean {
    return this.tables.has(path) || this.#quota.allowsMap(path) ||
      this.#refuse(connection, `the map ${path}`);
  }

  #refuse(connection: CopyConnection, what: string): false {
    const { thread, isTold } = connection;
    const limit = `the maps of one owner may hold ${LARGEST_OWNER} characters`;
    if (!isTold) this.ignored(`${what} by thread '${thread}', and all like it: ${limit}`);
    connection.isTold = true;
    return false;
  }

  #mayWrite({ thread }: CopyConnection, path: string): boolean {
    if (this.options.mayWrite(thread, path)) return true;
    const table = this.tables.get(path);
    if (table && table.flags & Flag.open) return true;
    this.ignored(`a forged message: '${thread}' may not write ${path}`);
    return false;
  }

  protected flush(): number {
    if (this.#channel && this.#unsent.size + this.#advanced.size > 0) {
      const writers = [...this.#advanced];
      for (const { text, isLast } of packRows(this.#changes(writers))) {
        // The progress of the writers is in the last of the batches that belong together.
        const progress = writers.map(({ id, thread, number }) => [id, thread, isLast ? number : 0]);
        this.#broadcast(writeMessage([Type.batch, ++this.#number, progress], text));
      }
    }
    this.#unsent.clear();
    this.#advanced.clear();
    // It has no pace in bytes.
    return 0;
  }

  /** What the written keys hold now, as rows of a batch. @param writers the authors, in the batch's order. */
  *#changes(writers: readonly CopyConnection[]): Generator<MapRows<string>> {
    const places = new Map(writers.map((writer, i) => [writer, i + 1]));
    for (const [table, keys] of this.#unsent) {
      const rows = keys.entries().map(([key, { author, text }]) =>
        orderedRow(key, author ? places.get(author)! : 0, { value: table.get(key), text })
      );
      yield { path: table.path, flags: table.flags, rows };
    }
  }

  #broadcast(message: string): void {
    this.#backlog.push(message);
    this.#backlogSize += message.length;
    while (this.#backlogSize > BACKLOG) this.#backlogSize -= this.#backlog.shift()!.length;
    this.#sentAt = this.options.clock.now();
    if (message.length <= LARGE) this.#postToAll(message);
    else for (const connection of this.#connections.values()) this.#post(connection, message);
    if (!this.#isHeartbeatSoon) this.#heartbeatIn(HEARTBEAT.afterBatch);
    this.#isHeartbeatSoon = true;
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

  #post({ port }: CopyConnection, message: string): void {
    this.counts.sent++;
    port.postMessage(message);
  }

  /** Sends the batches after `number` once more, or the whole state where they are gone. */
  #repeat(connection: CopyConnection, number: number): void {
    this.counts.questions++;
    const missed = this.#number - number;
    if (missed <= 0 || connection.isSnapshotUnderWay || connection.asksTooOften) return;
    if (missed > this.#backlog.length) return this.#sendSnapshot(connection);
    for (const batch of this.#backlog.slice(-missed)) {
      this.counts.sent++;
      connection.repeat(batch);
    }
  }

  #sendSnapshot(connection: CopyConnection): void {
    this.counts.sent++;
    const goesOn = () => !this.isClosed && this.#connections.has(connection.id);
    connection.sendSnapshot(packRows(this.#all()), () => this.#number, goesOn);
  }

  *#all(): Generator<MapRows<string>> {
    for (const { path, flags, values } of this.tables.values()) {
      if (values.size === 0 && flags === 0) continue;
      const rows = values.entries().map(([key, value]) => orderedRow(key, 0, { value }));
      yield { path, flags, rows };
    }
  }
}
