import { toJson } from "../base/mod.ts";
import {
  isWanted,
  type ListenToLog,
  type LogEntry,
  type LogFilter,
  readLogTail,
} from "../log/mod.ts";
import type { Change, Watch } from "./view/change.ts";
import { isWatched, mapsAt, watchedPaths } from "./view/find.ts";
import type { StateReader } from "./view/read.ts";
import type { Status } from "./view/status_schema.ts";

/** What a stream of events tells of. */
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
  watch: Watch;
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
  changes: Change[];
  log: LogEntry[];
  /** Nothing but that the agent is there. */
  alive: null;
}

/** What changed within this time, ms, is told at once. */
const GATHER_TIME = 100;

/** The status is told at most so often, ms. */
const STATUS_TIME = 1_000;

/** A stream says that it is alive each so many ms, so that both ends find out when the other is gone or frozen. */
const ALIVE_TIME = 5_000;

/** Events that a client has not read yet; with more of them it is let go, and may come back. */
const MOST_UNREAD = 1_000;

/**
 * The body of a stream of server-sent events; it ends when the client cancels it, or does not keep up.
 *
 * @param onEnd called once, when it ends, however that comes.
 */
export function eventStream(
  topics: Topics,
  sources: EventSources,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let stream: EventStream | undefined;
  return new ReadableStream({
    start: (controller) => {
      stream = new EventStream(topics, sources, controller, onEnd);
    },
    cancel: () => stream?.end(),
  }, { highWaterMark: MOST_UNREAD });
}

type Timer = ReturnType<typeof setTimeout>;

/** One client's stream: gathers what happens for a moment, and sends it. */
class EventStream {
  readonly #sources: EventSources;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #stop: (() => void)[] = [];
  readonly #alive: Timer;
  #isOver = false;
  #changes: Change[] = [];
  #records: LogEntry[] = [];
  #gathering: Timer | undefined;
  #status: Timer | undefined;

  constructor(
    topics: Topics,
    sources: EventSources,
    controller: ReadableStreamDefaultController<Uint8Array>,
    onEnd: () => void,
  ) {
    this.#sources = sources;
    this.#controller = controller;
    this.#stop.push(onEnd);
    this.#alive = setInterval(() => this.#send("alive", null), ALIVE_TIME);
    this.#attempt(() => {
      if (topics.log) this.#followLog(topics.log);
      if (topics.state !== undefined) this.#followState(topics.state);
      if (topics.status) this.#followStatus();
    });
  }

  /** Lets go of everything. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#alive);
    clearTimeout(this.#gathering);
    clearTimeout(this.#status);
    for (const stop of this.#stop.splice(0)) stop();
  }

  #followLog({ lines, ...filter }: LogFilter & { lines: number }): void {
    const { listen, logFile } = this.#sources;
    this.#stop.push(listen((entry) => {
      if (!isWanted(entry, filter)) return;
      this.#records.push(entry);
      this.#gather();
    }));
    this.#send("log", readLogTail(logFile, lines, filter));
  }

  #followState(path: string): void {
    const { state, watch } = this.#sources;
    const watched = watchedPaths(path);
    this.#stop.push(watch((change) => {
      if (!isWatched(`${change.map}.${change.key}`, watched)) return;
      this.#changes.push(change);
      this.#gather();
    }));
    this.#send("snapshot", mapsAt(state, watched));
  }

  #followStatus(): void {
    const { watch, status } = this.#sources;
    this.#stop.push(watch(() => {
      this.#status ??= setTimeout(() => {
        this.#status = undefined;
        this.#attempt(() => this.#send("status", status()));
      }, STATUS_TIME);
    }));
    this.#send("status", status());
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      if (this.#changes.length > 0) this.#send("changes", this.#changes.splice(0));
      if (this.#records.length > 0) this.#send("log", this.#records.splice(0));
    }, GATHER_TIME);
  }

  #send<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    this.#write(`event: ${name}\ndata: ${toJson(data)}\n\n`);
  }

  /** What fails ends this stream, and nothing else: its place is free again, and the client hears of it. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.end();
      this.#controller.error(error);
    }
  }

  #write(text: string): void {
    if (this.#isOver) return;
    this.#controller.enqueue(new TextEncoder().encode(text));
    if ((this.#controller.desiredSize ?? 0) > 0) return;
    this.end();
    this.#controller.close();
  }
}
