import { AGENT_MAPS, type ThreadInfo } from "../daemon/mod.ts";
import { asServiceState, readStats, type StateChange } from "./state_reader.ts";

/** What a service was, from `at` (ms since the Unix epoch) on. */
export interface SeenState {
  at: number;
  value: string;
}

/** A thread's memory and lag at one time. */
export interface ThreadSample {
  /** Milliseconds since the Unix epoch. */
  at: number;
  /** Bytes. */
  heap: number;
  /** ms. */
  lag: number;
}

/** The past, as the page draws it. */
export interface Past {
  /** By a service's path in the public state, its states, the oldest first. */
  services: Record<string, SeenState[]>;
  /** By `<daemon>.<service>`, when it was restarted, ms since the Unix epoch, the oldest first. */
  restarts: Record<string, number[]>;
  /** By thread name, its samples, the oldest first. */
  threads: Record<string, ThreadSample[]>;
}

/** How far back services' states are remembered, ms, */
const HISTORY_TIME = 6 * 3_600_000;

/** and how many of them for each service. */
const MOST_SEEN = 500;

/** The shortest time between two samples of a thread, ms, */
const SAMPLE_EVERY = 15_000;

/** and there are this many: half an hour. */
const MOST_SAMPLES = 120;

/** The largest number of services with a history. */
const MOST_SERVICES = 1_024;

const SERVICE_MAP = /^Daemons\.([^.]+)\.(ServiceState|ServiceStats)$/;

/** Keeps past states and samples for the page. In memory only: it starts empty with the agent. */
export class History {
  readonly #now: () => number;
  readonly #watches: (daemon: string) => boolean;
  readonly #services = new Map<string, SeenState[]>();
  readonly #restarts = new Map<string, number[]>();
  readonly #threads = new Map<string, ThreadSample[]>();

  /**
   * @param now ms since the Unix epoch.
   * @param watches whether a daemon watches services.
   */
  constructor(now: () => number, watches: (daemon: string) => boolean) {
    this.#now = now;
    this.#watches = watches;
  }

  /** Takes note of a change of the public state. */
  note({ map, key, value }: StateChange): void {
    const [, daemon, kind] = SERVICE_MAP.exec(map) ?? [];
    if (daemon !== undefined && this.#watches(daemon)) {
      if (kind === "ServiceState") this.#noteService(map, key, value);
      else this.#noteRestart(`${daemon}.${key}`, value);
    }
    if (map === AGENT_MAPS.threads) this.#noteThread(key, value as ThreadInfo | undefined);
  }

  /** All that is remembered. */
  past(): Past {
    return {
      services: Object.fromEntries(this.#services),
      restarts: Object.fromEntries(this.#restarts),
      threads: Object.fromEntries(this.#threads),
    };
  }

  /** The map is one service's, or holds one a key. */
  #noteService(map: string, key: string, written: unknown): void {
    const isOne = key === "value" && typeof written === "string";
    const path = isOne ? map : `${map}.${key}`;
    const value = asServiceState(isOne ? written : (written as { value?: unknown } | null)?.value);
    const seen = value && remembered(this.#services, path);
    if (!seen || seen.at(-1)?.value === value) return;
    const at = this.#now();
    seen.push({ at, value });
    while (seen.length > MOST_SEEN || isOver(seen, at - HISTORY_TIME)) seen.shift();
  }

  #noteRestart(service: string, stats: unknown): void {
    const time = readStats(stats)?.lastRestart;
    if (!time) return;
    const at = Date.parse(time);
    const restarts = remembered(this.#restarts, service);
    if (!restarts || restarts.at(-1) === at) return;
    restarts.push(at);
    while (restarts.length > MOST_SEEN || restarts[0]! < this.#now() - HISTORY_TIME) {
      restarts.shift();
    }
  }

  #noteThread(thread: string, info: ThreadInfo | undefined): void {
    if (!info) {
      this.#threads.delete(thread);
      return;
    }
    const { heap, lag = 0 } = info;
    const samples = this.#threads.get(thread) ?? [];
    const at = this.#now();
    if (heap === undefined || at - (samples.at(-1)?.at ?? -Infinity) < SAMPLE_EVERY) return;
    samples.push({ at, heap, lag });
    if (samples.length > MOST_SAMPLES) samples.shift();
    this.#threads.set(thread, samples);
  }
}

/** Whether the oldest state had ended before `time`. */
function isOver(seen: readonly SeenState[], time: number): boolean {
  return seen.length > 1 && seen[1]!.at < time;
}

/** What is remembered of a service; undefined when there are too many. */
function remembered<Part>(all: Map<string, Part[]>, service: string): Part[] | undefined {
  if (!all.has(service) && all.size < MOST_SERVICES) all.set(service, []);
  return all.get(service);
}
