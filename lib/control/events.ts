import { toJson } from "../base/mod.ts";
import {
  isWanted,
  type ListenToLog,
  type LogEntry,
  type LogFilter,
  readLogTail,
} from "../log/mod.ts";
import type { StateChange, StateReader, SubscribeToState } from "./state_reader.ts";
import { isWatched, mapsAt, watchedPaths } from "./find.ts";
import type { Status } from "./status_schema.ts";

/** The events of a stream, by name. */
export interface Topics {
  /** The status, whenever it may have changed. */
  status: boolean;
  /** The public state at a path and below: what is there, then each change; undefined: nothing of it. */
  state: string | undefined;
  /** The log: the last `lines` records, then each new one; undefined: nothing of it. */
  log: (LogFilter & { lines: number }) | undefined;
}

/** Where events come from. */
export interface EventSources {
  state: StateReader;
  watch: SubscribeToState;
  listen: ListenToLog;
  logFile: string;
  status: () => Status;
  /** How many changes of the public state the agent has seen since it serves. */
  changes: () => number;
}

/** A stream's events, as JSON in server-sent events of these names. */
export interface Events {
  status: Status;
  /** What there was in the beginning, by map and key. */
  snapshot: Record<string, Record<string, unknown>>;
  /** Changes, in their order. */
  changes: StateChange[];
  log: LogEntry[];
  /** Nothing but that the agent is there. */
  alive: null;
}

/** Events within this time are sent together, ms. */
const GATHER_TIME = 100;

/** The shortest time between two events of the status, ms. */
const STATUS_TIME = 1_000;

/** Time between two `alive` events, ms, by which each end notices that the other is gone or frozen. */
const ALIVE_TIME = 5_000;

/** Bytes that a client has not read yet, those of its beginning apart; with more of them its stream breaks off. */
const MAX_UNREAD = 1024 * 1024;

/** Characters of the changes that are sent together: longer values are cut, so that a client can keep up, */
const MAX_GATHERED = 512 * 1024;

/** and characters that each change has in any case. */
const LEAST_CHANGE = 300;

type Timer = ReturnType<typeof setTimeout>;

/** One client's stream. */
interface EventStream {
  readonly topics: Topics;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Whether what there was in the beginning has been sent. */
  hasBegun: boolean;
}

/** Sends events to all streams; an event for several streams is encoded once. */
export class EventHub {
  readonly #sources: EventSources;
  readonly #streams = new Set<EventStream>();
  #stop: (() => void)[] = [];
  readonly #changes: StateChange[] = [];
  readonly #records: LogEntry[] = [];
  #gathering: Timer | undefined;
  #status: Timer | undefined;

  constructor(sources: EventSources) {
    this.#sources = sources;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * The body of a stream of server-sent events. It ends when the client cancels it, and fails when the client does not
   * keep up or its topics cannot be read.
   */
  open(topics: Topics): ReadableStream<Uint8Array> {
    let stream: EventStream | undefined;
    return new ReadableStream({
      start: (controller) => {
        stream = { topics, controller, hasBegun: false };
        this.#add(stream);
      },
      cancel: () => this.#leave(stream!),
    }, { highWaterMark: MAX_UNREAD, size: (event) => stream?.hasBegun ? event!.length : 0 });
  }

  #add(stream: EventStream): void {
    // What is gathered already is in the beginning of the new stream.
    this.#flush();
    if (this.#streams.size === 0) this.#start();
    this.#streams.add(stream);
    this.#attempt([stream], () => {
      for (const event of this.#beginning(stream.topics)) stream.controller.enqueue(event);
      stream.hasBegun = true;
    });
  }

  *#beginning({ log, state, status }: Topics): Generator<Uint8Array> {
    const { logFile } = this.#sources;
    if (log) yield encodeEvent("log", toJson(readLogTail(logFile, log.lines, log)));
    if (state !== undefined) {
      yield encodeEvent("snapshot", toJson(mapsAt(this.#sources.state, watchedPaths(state))));
    }
    if (status) yield encodeEvent("status", toJson(this.#sources.status()));
  }

  #start(): void {
    const { watch, listen } = this.#sources;
    const alive = setInterval(
      () => this.#send([...this.#streams], encodeEvent("alive", "null")),
      ALIVE_TIME,
    );
    this.#stop = [
      () => clearInterval(alive),
      watch((change) => {
        this.#changes.push(change);
        this.#gather();
        this.#status ??= setTimeout(() => this.#sendStatus(), STATUS_TIME);
      }),
      listen((entry) => {
        this.#records.push(entry);
        this.#gather();
      }),
    ];
  }

  #leave(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    for (const stop of this.#stop.splice(0)) stop();
    clearTimeout(this.#status);
    this.#status = undefined;
    this.#flush();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#flush(), GATHER_TIME);
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const changes = writeChanges(this.#changes.splice(0));
    const records = this.#records.splice(0);
    const written = new Map<string, Uint8Array | undefined>();
    const once = (key: string, write: () => Uint8Array | undefined) => {
      if (!written.has(key)) written.set(key, write());
      return written.get(key);
    };
    for (const stream of [...this.#streams]) {
      const { state, log } = stream.topics;
      const events = [
        state !== undefined && once(`state ${state}`, () => changesAt(changes, state)),
        log && once(`log ${log.level} ${log.daemon}`, () => recordsOf(records, log)),
      ];
      for (const event of events) if (event) this.#send([stream], event);
    }
  }

  #sendStatus(): void {
    this.#status = undefined;
    const wanting = [...this.#streams].filter(({ topics }) => topics.status);
    if (wanting.length === 0) return;
    this.#attempt(
      wanting,
      () => this.#send(wanting, encodeEvent("status", toJson(this.#sources.status()))),
    );
  }

  /** When a client does not keep up, its stream fails, and what it has not read is discarded. */
  #send(streams: readonly EventStream[], event: Uint8Array): void {
    for (const stream of streams) {
      if (!this.#streams.has(stream)) continue;
      stream.controller.enqueue(event);
      const room = stream.controller.desiredSize ?? 0;
      if (room <= 0) this.#fail(stream, new Error("The client does not keep up"));
    }
  }

  #fail(stream: EventStream, error: unknown): void {
    this.#leave(stream);
    stream.controller.error(error);
  }

  /** A failure ends only the streams that it concerns: their places are free again, and their clients get the error. */
  #attempt(streams: readonly EventStream[], act: () => void): void {
    try {
      act();
    } catch (error) {
      for (const stream of streams) this.#fail(stream, error);
    }
  }
}

/** A change in the form in which every client gets it. */
interface WrittenChange {
  path: string;
  json: string;
}

function writeChanges(changes: readonly StateChange[]): WrittenChange[] {
  let room = MAX_GATHERED;
  return changes.map((change) => {
    const json = toJson(change, 0, { characters: Math.max(LEAST_CHANGE, room), nodes: 50_000 });
    room -= json.length;
    return { path: `${change.map}.${change.key}`, json };
  });
}

function changesAt(changes: readonly WrittenChange[], path: string): Uint8Array | undefined {
  const watched = watchedPaths(path);
  const own = changes.filter((change) => isWatched(change.path, watched));
  return own.length === 0
    ? undefined
    : encodeEvent("changes", `[${own.map(({ json }) => json).join(",")}]`);
}

function recordsOf(records: readonly LogEntry[], filter: LogFilter): Uint8Array | undefined {
  const own = records.filter((entry) => isWanted(entry, filter));
  return own.length === 0 ? undefined : encodeEvent("log", toJson(own));
}

const encoder = new TextEncoder();

function encodeEvent(name: keyof Events, json: string): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${json}\n\n`);
}
