import { setImmediate } from "node:timers";
import { type Change, Changes } from "./changes.ts";
import { ReplicatedMap, type ValueCheck } from "./map.ts";
import { NOTHING, type Operation, readMessage } from "./message.ts";
import { LIMITS } from "./meter.ts";
import { Outbox, type PaceOptions } from "./pace.ts";
import { Flag, Table } from "./table.ts";
import { FormatError } from "./value_kinds.ts";

/** What carries messages: a `BroadcastChannel`, or one end of a `MessageChannel`. */
export interface StateChannel {
  /** Sends to the other ends. */
  postMessage(message: string): void;
  /** Called with what another end has sent. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Leaves. */
  close(): void;
}

/** Where the state takes its time from. */
export interface StateClock {
  /** Milliseconds on a monotonic clock with an arbitrary origin. */
  now(): number;
  /** Calls `run` after `ms` milliseconds. Returns what cancels that. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` at the end of this turn of the event loop. */
  atTurnsEnd(run: () => void): void;
}

/** Taken when this is loaded: what is loaded later may change the globals. */
const { setTimeout, clearTimeout, BroadcastChannel } = globalThis;
const { unrefTimer } = Deno;

/** The real clock; its timers keep no process alive. */
export const realClock: StateClock = {
  now: performance.now.bind(performance),
  after(ms, run) {
    const timer = Number(setTimeout(run, ms));
    unrefTimer(timer);
    return () => clearTimeout(timer);
  },
  // Unlike a microtask it runs after all that the turn has set off, and it costs no latency.
  atTurnsEnd: (run) => void setImmediate(run),
};

/**
 * Whether a rejection that nobody caught is not the thread's own: on Deno 2.7 a `BroadcastChannel` cannot read every
 * value that it can post, and tells each thread that listens by a rejection; the channel goes on
 * (ext/web/01_broadcast_channel.js; Deno 2.9 reads them).
 */
export function isUnreadableMessage(reason: unknown): boolean {
  try {
    return reason instanceof Error && reason.message === "could not deserialize value" &&
      String(reason.stack).includes("broadcast_channel.js");
  } catch {
    // Reading a daemon's rejection may throw.
    return false;
  }
}

/** What every copy of the public state is made with. */
export interface StateOptions {
  /** The thread that holds the copy, such as `icinga_agent_service::run::Main::0`. */
  thread: string;
  /** Whether a thread may write the map at a path, the same in every thread. Default: any thread, any map. */
  mayWrite?: (thread: string, path: string) => boolean;
  /** Told in one sentence what was ignored, and why. */
  onProblem?: (problem: string) => void;
  /** Where time comes from. Default: the real clock. */
  clock?: StateClock;
  /** How fast its own writes travel; of the main thread's the messages count alone. Default: each turn of the event loop. */
  pace?: PaceOptions;
  /** Opens the channel of a name. Default: a `BroadcastChannel`. */
  openChannel?: (name: string) => StateChannel;
}

/** What a thread declares about a map. */
export interface MapOptions<V = unknown> {
  /** Every thread may write it, not only its owner's. Only who may write the map may declare that; it stays. */
  open?: boolean;
  /** It is saved and given back at the next start. Only who may write the map may declare that; it stays. */
  persistent?: boolean;
  /** Looks at each value that is set here. */
  check?: ValueCheck<V>;
}

/** What a copy has sent and received so far. */
export interface Traffic {
  /** Messages that it has sent. */
  sent: number;
  /** Messages that it has received. */
  received: number;
  /** How often it asked for missed batches; on the main thread, how often it was asked. */
  questions: number;
}

/**
 * A thread's copy of the public state: maps that every thread holds in full. {@linkcode MainState} is the main thread's,
 * {@linkcode StateCopy} any other's.
 */
export abstract class PublicState {
  /** Resolves once the copy holds what there was when it joined. */
  abstract readonly ready: Promise<void>;
  /** What is made of the options. */
  protected readonly options: Required<Omit<StateOptions, "pace">>;
  protected readonly changed: Changes;
  protected readonly outbox: Outbox;
  protected readonly tables: Map<string, Table> = new Map();
  protected isClosed = false;
  protected readonly counts: Traffic = { sent: 0, received: 0, questions: 0 };
  readonly #maps = new Map<string, ReplicatedMap>();
  readonly #flagged = new Set<(path: string) => void>();

  /** Use {@linkcode MainState} or {@linkcode StateCopy}. */
  constructor(options: StateOptions) {
    this.options = {
      mayWrite: () => true,
      onProblem: () => {},
      clock: realClock,
      openChannel: (name) => new BroadcastChannel(name),
      ...options,
    };
    this.changed = new Changes(this.options.onProblem);
    this.outbox = new Outbox(this.options.clock, options.pace, (limit) => this.flush(limit));
  }

  /**
   * The map at a dotted path, such as `Daemons.disk_watch.Free`; it is empty until a thread writes it. What `options`
   * declare is declared for every copy.
   *
   * @throws {Error} when this thread declares something about a map that it may not write.
   */
  map<K extends string = string, V = unknown>(
    path: string,
    options: MapOptions<V> = {},
  ): ReplicatedMap<K, V> {
    if (path.length > LIMITS.key) {
      throw new TypeError(`The name of a map has at most ${LIMITS.key} characters: ${path.length}`);
    }
    const table = this.table(path);
    if (options.open) this.#declare(table, "open");
    if (options.persistent) this.#declare(table, "persistent");
    let map = this.#maps.get(path) as ReplicatedMap<K, V> | undefined;
    if (!map || options.check) {
      const host = {
        changes: this.changed,
        ready: this.ready,
        checkRight: (table: Table) => this.#checkRight(table),
        write: (table: Table, key: string, operation: Operation) => {
          this.write(table, key, operation);
          this.changed.tell();
        },
      };
      map = new ReplicatedMap<K, V>(host, table, options.check);
      this.#maps.set(path, map as unknown as ReplicatedMap);
    }
    return map;
  }

  /** The paths of the maps that are known, sorted. */
  paths(): string[] {
    return [...this.tables.keys()].sort();
  }

  /** The paths of the maps that are to be saved, sorted. */
  persistentPaths(): string[] {
    return [...this.tables.values()].filter(({ flags }) => flags & Flag.persistent)
      .map(({ path }) => path).sort();
  }

  /** What this copy has sent and received so far. */
  traffic(): Traffic {
    return { ...this.counts };
  }

  /** Calls `listener` with each change of any map from now on. Returns an unsubscribe function. */
  onChange(listener: (change: Change) => void): () => void {
    return this.changed.listen(undefined, listener);
  }

  /**
   * Calls `listener` with the path of a map that is to be saved, when that is declared or its content changes. Returns an
   * unsubscribe function.
   */
  onPersistentChange(listener: (path: string) => void): () => void {
    const stop = this.changed.listen(undefined, ({ path }) => {
      if (this.table(path).flags & Flag.persistent) listener(path);
    });
    this.#flagged.add(listener);
    return () => {
      stop();
      this.#flagged.delete(listener);
    };
  }

  /** Sends what was written; from then on nothing is written or heard. What was read can still be read. */
  leave(): void {
    if (this.isClosed) return;
    this.outbox.flush();
    this.outbox.close();
    this.left();
    this.isClosed = true;
  }

  /** Leaves, and closes the channel and every port. */
  abstract close(): void;

  /** Carries out a write of this thread and sees to it that it is sent. */
  protected abstract write(table: Table, key: string, operation: Operation): void;

  /** Sends what was declared here. */
  protected abstract declared(table: Table): void;

  /** Sends about `limit` characters of what was written. Returns how many characters were sent. */
  protected abstract flush(limit: number): number;

  /** Called when the last writes are sent: ends what the copy has set off. */
  protected abstract left(): void;

  /** Reads a message and hands its parts to `take`. What is none is reported. @param what the message in words. */
  protected receive(
    data: unknown,
    what: string,
    take: (parts: unknown[]) => void,
    limit?: number,
  ): void {
    if (this.isClosed) return;
    this.counts.received++;
    try {
      take(readMessage(data, limit));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.ignored(`${what}: ${error.message}`);
    }
    this.changed.tell();
  }

  /** Reports what was ignored. */
  protected ignored(what: string): void {
    this.options.onProblem(`The public state ignored ${what}`);
  }

  /** The map under a path; it is made when it is not there. */
  protected table(path: string): Table {
    let table = this.tables.get(path);
    if (!table) this.tables.set(path, table = new Table(path));
    return table;
  }

  /** Declares for this copy what `flags` say. */
  protected flag(table: Table, flags: number): void {
    const isSaved = (flags & ~table.flags & Flag.persistent) !== 0;
    table.flags |= flags;
    if (isSaved) { for (const listener of this.#flagged) listener(table.path); }
  }

  /** Notes that a key held `old`. */
  protected note(table: Table, key: string, old: unknown, writer: string): void {
    const { path } = table;
    if (!this.changed.isHeard(path)) return;
    const value = table.get(key);
    if (Object.is(old, value)) return;
    const known = (value: unknown) => value === NOTHING ? undefined : value;
    const deleted = value === NOTHING;
    this.changed.note({ path, key, old: known(old), value: known(value), deleted, writer });
  }

  #declare(table: Table, name: keyof typeof Flag): void {
    if (table.flags & Flag[name]) return;
    const { thread } = this.options;
    if (!this.#mayWrite(table)) {
      throw new Error(
        `Cannot declare ${table.path} ${name}: it is not for thread '${thread}' to write`,
      );
    }
    this.flag(table, Flag[name]);
    this.declared(table);
  }

  #mayWrite(table: Table): boolean {
    return this.options.mayWrite(this.options.thread, table.path);
  }

  #checkRight(table: Table): void {
    const { thread } = this.options;
    if (this.isClosed) {
      throw new Error(`Cannot write ${table.path}: thread '${thread}' has left`);
    }
    if (this.#mayWrite(table) || table.flags & Flag.open) return;
    throw new Error(
      `Cannot write ${table.path}: it is not for thread '${thread}' to write, and its owner has not opened it`,
    );
  }
}
