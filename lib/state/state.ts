import { ReplicatedMap } from "./map.ts";
import { type Entry, type Message, readMessage } from "./message.ts";

/** What carries the messages; a `BroadcastChannel` is one. It may drop, delay and reorder. */
export interface StateChannel {
  /** Sends to every other end. */
  postMessage(message: unknown): void;
  /** Called with what another end has sent. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Leaves. */
  close(): void;
}

/** How a copy of the public state is made. */
export interface StateOptions {
  /** The thread that holds the copy; its successor may bear the same name. */
  thread: string;
  /** Whether this is the first copy, which newcomers ask for what there is; there is one. */
  first?: boolean;
  /** The channel; a `BroadcastChannel` named `channelName` unless told. */
  channel?: StateChannel;
  /** The name of the `BroadcastChannel`. */
  channelName?: string;
  /** Whether a thread may write the map at a path; any may any unless told. */
  mayWrite?: (thread: string, path: string) => boolean;
  /** Told in one sentence what was ignored, and why. */
  onProblem?: (problem: string) => void;
}

/** A tip follows a burst of writes after this time, ms, in case that its last message was lost; */
const TIP_AFTER = 100;

/** and another one each so many ms, in case that the tip was. */
const TIP_EVERY = 5_000;

/** An unanswered question is asked again after this time, ms. */
const ASK_EVERY = 100;

/**
 * A thread's copy of the public state: maps that every thread holds in full. The last writer wins; after quiet
 * all copies are equal, whatever the channel has lost.
 */
export class PublicState {
  /** Resolves once the copy holds what there was when it joined. */
  readonly ready: Promise<void>;
  readonly #id: string;
  readonly #options: StateOptions;
  readonly #channel: StateChannel;
  readonly #maps = new Map<string, ReplicatedMap>();
  readonly #seen = new Map<string, number>();
  readonly #asked = new Map<string | undefined, number>();
  #pending = new Map<string, Entry>();
  #counter = 0;
  #seq = 0;
  #tip: number | undefined;
  #tips: number | undefined;
  #becomeReady: () => void;

  /** Joins: the copy asks the first one for what there is. */
  constructor(options: StateOptions) {
    const { thread, first = false, channelName = "icinga-warden.state" } = options;
    this.#options = options;
    this.#id = `${thread}#${crypto.randomUUID()}`;
    this.#channel = options.channel ?? new BroadcastChannel(channelName);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    ({ promise: this.ready, resolve: this.#becomeReady } = Promise.withResolvers<void>());
    if (first) this.#becomeReady();
    else this.#ask(undefined);
  }

  /** The map at a dotted path, such as `Daemons.disk_watch.Free`; it is empty until somebody writes it. */
  map<K extends string = string, V = unknown>(path: string): ReplicatedMap<K, V> {
    let map = this.#maps.get(path);
    if (!map) {
      map = new ReplicatedMap(path, (...write) => this.#write(...write));
      this.#maps.set(path, map);
    }
    return map as unknown as ReplicatedMap<K, V>;
  }

  /** The paths of the maps that are known, sorted. */
  paths(): string[] {
    return [...this.#maps.keys()].sort();
  }

  /** Sends what was written and leaves. */
  close(): void {
    this.#flush();
    clearTimeout(this.#tip);
    clearInterval(this.#tips);
    for (const timer of this.#asked.values()) clearInterval(timer);
    this.#channel.close();
  }

  #write(path: string, key: string, value: unknown): void {
    const { thread, mayWrite } = this.#options;
    if (mayWrite && !mayWrite(thread, path)) {
      throw new TypeError(`Cannot write ${path}: it is not for thread '${thread}' to write`);
    }
    const stamp = { counter: this.#counter + 1, writer: this.#id };
    const entry: Entry = { path, key, stamp };
    if (value !== undefined) entry.value = clone(path, key, value);
    this.#counter++;
    this.map(path).merge(entry);
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    this.#pending.set(JSON.stringify([path, key]), entry);
  }

  #flush(): void {
    if (this.#pending.size === 0) return;
    const entries = [...this.#pending.values()];
    this.#pending = new Map();
    this.#post({ type: "writes", from: this.#id, seq: ++this.#seq, entries });
    this.#tip ??= unref(setTimeout(() => {
      this.#tip = undefined;
      this.#sendTip();
    }, TIP_AFTER));
    this.#tips ??= unref(setInterval(() => this.#sendTip(), TIP_EVERY));
  }

  #sendTip(): void {
    this.#post({ type: "tip", from: this.#id, seq: this.#seq });
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }

  #receive(data: unknown): void {
    const message = readMessage(data);
    if (!message) return this.#ignore("a message that is none of the state's");
    if (message.from === this.#id) return this.#ignore("a message that pretends to be from here");
    switch (message.type) {
      case "ask":
        if (message.to === this.#id || (message.to === undefined && this.#options.first)) {
          this.#answer(message.from);
        }
        return;
      case "snapshot":
        if (message.to === this.#id) this.#takeSnapshot(message);
        return;
      case "writes":
        this.#mergeAll(message);
        return this.#checkGap(message.from, message.seq, message.seq - 1);
      case "tip":
        return this.#checkGap(message.from, message.seq, message.seq);
    }
  }

  #answer(to: string): void {
    this.#flush();
    const entries = [...this.#maps.values()].flatMap((map) => [...map.held()]);
    this.#post({ type: "snapshot", from: this.#id, to, seq: this.#seq, entries });
  }

  #takeSnapshot(message: Extract<Message, { type: "snapshot" }>): void {
    this.#mergeAll(message);
    this.#seen.set(message.from, Math.max(this.#seen.get(message.from) ?? 0, message.seq));
    this.#stopAsking(message.from);
    this.#stopAsking(undefined);
    this.#becomeReady();
  }

  /** `needed` is how many of the sender's messages must have been seen for none to be missing. */
  #checkGap(from: string, seq: number, needed: number): void {
    const seen = this.#seen.get(from) ?? 0;
    if (seen < needed) this.#ask(from);
    else this.#seen.set(from, Math.max(seen, seq));
  }

  /** Asks until there is an answer. For a copy that has died the first one answers. */
  #ask(to: string | undefined): void {
    if (this.#asked.has(to)) return;
    const message: Message = { type: "ask", from: this.#id, ...(to === undefined ? {} : { to }) };
    let left = 50;
    this.#post(message);
    const timer = unref(setInterval(() => {
      if (left-- > 0) this.#post(message);
      else this.#giveUp(to);
    }, ASK_EVERY));
    this.#asked.set(to, timer);
  }

  #giveUp(to: string | undefined): void {
    this.#stopAsking(to);
    this.#becomeReady();
    if (to !== undefined) {
      this.#seen.delete(to);
      if (!this.#options.first) this.#ask(undefined);
    }
    this.#ignore(
      `the silence of ${to ?? "the first copy"}, which had been asked for what it holds`,
    );
  }

  #stopAsking(to: string | undefined): void {
    clearInterval(this.#asked.get(to));
    this.#asked.delete(to);
  }

  #mergeAll({ from, entries }: { from: string; entries: Entry[] }): void {
    for (const entry of entries) {
      if (this.#isAllowed(entry)) this.#merge(entry);
      else this.#refuse(entry, from);
    }
  }

  #merge(entry: Entry): void {
    this.map(entry.path).merge(entry);
    this.#counter = Math.max(this.#counter, entry.stamp.counter);
  }

  #isAllowed({ path, stamp }: Entry): boolean {
    return this.#options.mayWrite?.(threadOf(stamp.writer), path) ?? true;
  }

  #refuse({ path, key, stamp }: Entry, from: string): void {
    this.#ignore(`a write of ${path}.${key} by ${stamp.writer}, sent by ${from}`);
  }

  #ignore(what: string): void {
    this.#options.onProblem?.(`The public state ignored ${what}`);
  }
}

function threadOf(id: string): string {
  return id.slice(0, id.lastIndexOf("#"));
}

function clone(path: string, key: string, value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TypeError(`Cannot set ${path}.${key}: its value cannot be cloned (${why})`);
  }
}

/** Timers of the state never keep a thread alive. */
function unref(timer: ReturnType<typeof setTimeout>): number {
  Deno.unrefTimer(Number(timer));
  return Number(timer);
}
