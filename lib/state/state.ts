import { type Change, Changes } from "./change.ts";
import type { StateChannel } from "./channel.ts";
import { realClock, type StateClock } from "./clock.ts";
import { Mail } from "./mail.ts";
import { type MapHost, ReplicatedMap, type ValueCheck } from "./map.ts";
import { FLOOD_OVER, Pace, type PaceOptions } from "./pace.ts";
import { Replica } from "./replica.ts";
import { writerOf } from "./stamp.ts";
import { Store } from "./store.ts";
import type { Table } from "./table.ts";
import { watch } from "./watch.ts";

/** How often an idle copy says that it lives and what it knows, ms; */
const BEAT_EVERY = 10_000;

/** and how soon after it last wrote, in case that the message was lost, ms. */
const BEAT_AFTER = 100;

/** How soon an unanswered copy asks again, ms; a newcomer waits twice as long each time. */
const ASK_EVERY = 200;

/** The name of the channel unless told. */
const CHANNEL_NAME = "icinga-warden.state";

/** How long a copy that hears nobody waits before it starts by itself, ms. */
const JOIN_PATIENCE = 5_000;

/** How a copy of the public state is made. */
export interface StateOptions {
  /** The thread that holds the copy, such as `icinga_agent_service::run::Main::0`; its successor may bear the same name. */
  thread: string;
  /** Whether this is the first copy: it starts with what it has and waits for nobody. There is one. */
  first?: boolean;
  /** The channel; a `BroadcastChannel` named `channelName` unless told. */
  channel?: StateChannel;
  /** The name of the `BroadcastChannel`; `icinga-warden.state` unless told. */
  channelName?: string;
  /**
   * One end of a line to the first copy, such as a `MessagePort`, which {@linkcode PublicState.connect} has the other
   * end of: what is for the first copy alone wakes nobody else then. Without it everything works, at a greater cost.
   */
  line?: StateChannel;
  /** Whether a thread may write the map at a path, the same on every copy; any may any unless told. */
  mayWrite?: (thread: string, path: string) => boolean;
  /** Told in one sentence what was ignored, and why. */
  onProblem?: (problem: string) => void;
  /** Where time comes from; the real clock unless told, whose timers keep no process alive. */
  clock?: StateClock;
  /** How fast its writes travel; each turn of the event loop by itself unless told. */
  pace?: PaceOptions;
  /** Tells this copy from earlier ones of the same thread's name; random unless told. */
  incarnation?: string;
}

/** What a copy has sent and received so far. */
export interface Traffic {
  /** Messages that it has sent. */
  sent: number;
  /** Messages that it has received. */
  received: number;
  /** How often it has asked for what it had missed. */
  questions: number;
}

/** What a thread says about a map. */
export interface MapOptions<V = unknown> {
  /** Every thread may write it, not only its owner's. Only who may write the map may declare that; it stays. */
  open?: boolean;
  /** It is saved and given back at the next start. Only who may write the map may declare that; it stays. */
  persistent?: boolean;
  /** Looks at each value that is set here. */
  check?: ValueCheck<V>;
}

/**
 * A thread's copy of the public state: maps that every thread holds in full. The last writer wins; after quiet all
 * copies are equal, whatever the channel has lost.
 *
 * @example
 * ```ts
 * const state = new PublicState({ thread: "main", first: true });
 * state.map("Agent.Info").set("version", "1.0.0");
 * state.close();
 * ```
 */
export class PublicState {
  /** Resolves once the copy holds what there was when it joined, or nobody else is there. */
  readonly ready: Promise<void>;
  readonly #options: StateOptions;
  readonly #mail: Mail;
  readonly #clock: StateClock;
  readonly #changes: Changes;
  readonly #store: Store;
  readonly #replica: Replica;
  readonly #host: MapHost;
  readonly #maps = new Map<string, ReplicatedMap>();
  readonly #rights = new WeakMap<Table, boolean>();
  readonly #pace: Pace | undefined;
  #isFlushing = false;
  /** Whether the beat that follows writes is due already, and when the last were sent, ms. */
  #isBeatSoon = false;
  #wroteAt = -Infinity;
  /** Calls off the message that is held back, and the look at how the flood goes on. */
  #cancelHeld: (() => void) | undefined;
  #cancelFlood: (() => void) | undefined;
  #isClosed = false;
  #isMailClosed = false;
  /** When the next beat is due, how to call it off, and when the last one was, ms. */
  #beat = { due: Infinity, cancel: () => {} };
  #beatAt = -Infinity;
  #cancelRetry: (() => void) | undefined;

  /** Joins: the copy asks the others for what there is. */
  constructor(options: StateOptions) {
    const { thread, mayWrite = () => true, onProblem = () => {}, clock = realClock } = options;
    const { channel, channelName = CHANNEL_NAME, line } = options;
    const writer = writerOf(thread, options.incarnation ?? crypto.randomUUID().slice(0, 8));
    this.#options = { ...options, mayWrite, onProblem };
    this.#clock = clock;
    this.#pace = options.pace && new Pace(options.pace, clock.now());
    this.#mail = new Mail({
      ...{ writer, channel, channelName, line, clock, onProblem },
      onMessage: (data) => this.#receive(data),
    });
    this.#changes = new Changes(onProblem);
    this.#store = new Store({ writer, mayWrite, changes: this.#changes, onProblem });
    this.#replica = new Replica({
      writer,
      store: this.#store,
      post: (message, to) => this.#mail.post(message, to),
      postToFirst: this.#mail.postToFirst,
      onProblem,
      now: () => clock.now(),
    });
    this.ready = this.#replica.joined;
    this.#host = {
      store: this.#store,
      changes: this.#changes,
      ready: this.ready,
      checkRight: (table) => this.#checkRight(table),
      wrote: () => this.#wrote(),
    };
    if (options.first) this.#found(true);
    else this.#join(clock.now());
  }

  /**
   * The map at a dotted path, such as `Daemons.disk_watch.Free`; it is empty until somebody writes it. What `options`
   * declare is declared for every copy.
   *
   * @throws {Error} when this thread declares something about a map that it may not write.
   */
  map<K extends string = string, V = unknown>(
    path: string,
    options: MapOptions<V> = {},
  ): ReplicatedMap<K, V> {
    const table = this.#store.table(path);
    if (options.open) this.#declare(table, "open");
    if (options.persistent) this.#declare(table, "persistent");
    let map = this.#maps.get(path) as ReplicatedMap<K, V> | undefined;
    if (!map || options.check) {
      map = new ReplicatedMap<K, V>(this.#host, table, options.check);
      this.#maps.set(path, map as unknown as ReplicatedMap);
    }
    return map;
  }

  /** Takes, in the first copy, one end of a line to another; the answer cuts it. */
  connect(line: StateChannel): () => void {
    return this.#mail.connect(line);
  }

  /** The paths of the maps that are known, sorted. */
  paths(): string[] {
    return [...this.#store.tables()].map(({ path }) => path).sort();
  }

  /** What this copy has sent and received so far. */
  traffic(): Traffic {
    const { sent, received } = this.#mail;
    return { sent, received, questions: this.#replica.questions };
  }

  /** The paths of the maps that are to be saved, sorted. */
  persistentPaths(): string[] {
    return [...this.#store.tables()].filter(({ flags }) => flags.has("persistent"))
      .map(({ path }) => path).sort();
  }

  /** Calls `listener` with each change of any map from now on; the answer stops that. */
  onChange(listener: (change: Change) => void): () => void {
    return this.#changes.listen(undefined, listener);
  }

  /** Calls `listener` with the path of a map that is to be saved, when that is declared or its content changes. */
  onPersistentChange(listener: (path: string) => void): () => void {
    const stops = [
      this.#changes.listen(undefined, ({ path }) => {
        if (this.#store.table(path).flags.has("persistent")) listener(path);
      }),
      this.#changes.listenToFlags((path, flag) => {
        if (flag === "persistent") listener(path);
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** The changes of every map from now on, until `signal` is aborted or the loop is left. */
  changes(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<Change> {
    return watch(this.#changes, undefined, options.signal);
  }

  /**
   * Resolves once every other copy has left and its last words are here, or after `limit` ms: a copy that was ended
   * says no goodbye.
   */
  async othersLeft(limit: number): Promise<void> {
    for (const end = performance.now() + limit; this.#replica.hasPeers;) {
      if (performance.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /**
   * Sends what was written, and says goodbye: from then on nothing is written or heard. What was read can still be
   * read. Deno before 2.9 sends in a later turn, and nothing once the channel is closed: a thread that is to end lets a
   * few go by before it closes.
   */
  leave(): void {
    if (this.#isClosed) return;
    this.#replica.leave();
    this.#isClosed = true;
    this.#beat.cancel();
    this.#cancelRetry?.();
    this.#cancelHeld?.();
    this.#cancelFlood?.();
    this.#pace?.tell(this.#clock.now(), true);
  }

  /** Leaves, and closes the channel and every line. */
  close(): void {
    this.leave();
    if (!this.#isMailClosed) this.#mail.close();
    this.#isMailClosed = true;
  }

  #declare(table: Table, flag: "open" | "persistent"): void {
    if (table.flags.has(flag)) return;
    if (!this.#mayWrite(table)) {
      throw new Error(
        `Cannot declare ${table.path} ${flag}: it is not for thread '${this.#options.thread}' to write`,
      );
    }
    this.#store.raise(table, flag);
    this.#wrote();
  }

  #mayWrite(table: Table): boolean {
    let right = this.#rights.get(table);
    if (right === undefined) {
      right = this.#options.mayWrite!(this.#options.thread, table.path);
      this.#rights.set(table, right);
    }
    return right;
  }

  #checkRight(table: Table): void {
    if (this.#isClosed) {
      throw new Error(`Cannot write ${table.path}: thread '${this.#options.thread}' has left`);
    }
    if (this.#mayWrite(table) || table.flags.has("open")) return;
    throw new Error(
      `Cannot write ${table.path}: it is not for thread '${this.#options.thread}' to write, and its owner has not opened it`,
    );
  }

  #wrote(): void {
    this.#changes.tell();
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#clock.atTurnsEnd(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isFlushing = false;
    if (this.#isClosed) return;
    if (this.#cancelHeld) return this.#pace!.hold(this.#clock.now());
    const wait = this.#pace?.wait(this.#clock.now()) ?? 0;
    if (wait === 0) return this.#flush();
    this.#cancelHeld = this.#clock.after(wait, this.#flush);
    this.#cancelFlood ??= this.#clock.after(FLOOD_OVER, this.#lookAtFlood);
  };

  readonly #flush = (): void => {
    this.#cancelHeld = undefined;
    this.#replica.flush();
    this.#wroteAt = this.#clock.now();
    if (this.#isBeatSoon) return;
    this.#isBeatSoon = true;
    this.#beatIn(BEAT_AFTER);
  };

  readonly #lookAtFlood = (): void => {
    const lasts = this.#pace!.tell(this.#clock.now());
    this.#cancelFlood = lasts ? this.#clock.after(FLOOD_OVER, this.#lookAtFlood) : undefined;
  };

  #receive(data: unknown): void {
    if (this.#isClosed) return;
    this.#replica.receive(data);
    this.#changes.tell();
    if (this.#replica.isNudging) this.#beatIn(BEAT_AFTER);
    if (this.#replica.isAsking) this.#retrySoon();
  }

  #join(since: number, every = ASK_EVERY): void {
    if (this.#isClosed || this.#replica.isJoined) return;
    if (!this.#replica.hasPeers && this.#clock.now() - since >= JOIN_PATIENCE) {
      return this.#found(false);
    }
    if (!this.#replica.isAsking) this.#replica.hello();
    this.#clock.after(every, () => this.#join(since, Math.min(2 * every, 8 * ASK_EVERY)));
    this.#beatIn(BEAT_EVERY);
  }

  #found(isKeeper: boolean): void {
    this.#replica.found(isKeeper);
    this.#beatIn(0);
  }

  /** Sees to it that a beat comes after `ms` or earlier. */
  #beatIn(ms: number): void {
    const due = this.#clock.now() + ms;
    if (due >= this.#beat.due) return;
    this.#beat.cancel();
    const cancel = this.#clock.after(ms, () => {
      this.#beat.due = Infinity;
      if (this.#isWriting()) return this.#beatIn(BEAT_AFTER);
      this.#isBeatSoon = false;
      this.#beatAt = this.#clock.now();
      this.#replica.beat();
      this.#beatIn(BEAT_EVERY);
    });
    this.#beat = { due, cancel };
  }

  /** While it writes, the next writes tell what was lost of the last ones, and no beat has to. */
  #isWriting(): boolean {
    const now = this.#clock.now();
    if (now - this.#beatAt >= BEAT_EVERY || !this.#isBeatSoon) return false;
    if (this.#replica.isNudging) return false;
    return this.#cancelHeld !== undefined || now - this.#wroteAt < BEAT_AFTER;
  }

  #retrySoon(): void {
    this.#cancelRetry ??= this.#clock.after(ASK_EVERY, () => {
      this.#cancelRetry = undefined;
      this.#replica.retry();
      if (this.#replica.isAsking) this.#retrySoon();
    });
  }
}
