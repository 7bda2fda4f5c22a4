import type { Clock } from "../base/mod.ts";
import type { Beat, Heartbeat } from "../thread/mod.ts";
import { lookAtMemory, type MemoryState } from "./memory.ts";
import type { ThreadPolicy } from "./restart.ts";

/** The limits of a thread's health. */
export type HealthPolicy = Pick<ThreadPolicy, "frozenAfter" | "memoryLimit">;

/** The shortest limit for the start of a daemon, ms: the machine may be busy. */
const START_PATIENCE = 10_000;

/** What is remembered of a thread from one look to the next. */
export interface ThreadHealth {
  /** Heartbeats seen. */
  count: number;
  /** How long there was no new one, ms. */
  silent: number;
  /** How long its daemon has not begun to work, ms; 0 once it has. */
  starting: number;
  /** Heartbeats in a row with more memory than the limit. */
  over: number;
}

/**
 * What a look at a thread has shown:
 *
 * - `heavy`: it holds more memory than it may, for the first time
 * - `too-heavy`: it still does
 * - `frozen`: there was no heartbeat for too long
 * - `stuck`: its daemon has not begun to work in time
 * - `exhausted`: its heap is full
 * - `hoarding`: the process takes memory that no heap counts, and the thread does not answer
 */
export type HealthVerdict =
  | "well"
  | "heavy"
  | "too-heavy"
  | "frozen"
  | "stuck"
  | "exhausted"
  | "hoarding";

/** What is remembered of a thread that was just started. */
export const NEW_HEALTH: ThreadHealth = { count: 0, silent: 0, starting: 0, over: 0 };

/**
 * Judges a thread by its last heartbeat.
 *
 * @param running whether its daemon has begun to work.
 * @param elapsed ms since the last look that count, see {@linkcode countedTime}.
 */
export function judgeHealth(
  { frozenAfter, memoryLimit }: HealthPolicy,
  before: ThreadHealth,
  beat: Beat,
  running: boolean,
  elapsed: number,
): { health: ThreadHealth; verdict: HealthVerdict } {
  const fresh = beat.count !== before.count;
  const over = !fresh ? before.over : beat.heap > memoryLimit ? before.over + 1 : 0;
  const health: ThreadHealth = {
    count: beat.count,
    silent: fresh ? 0 : before.silent + elapsed,
    starting: running ? 0 : before.starting + elapsed,
    over,
  };
  if (beat.exhausted) return { health, verdict: "exhausted" };
  if (over > 1) return { health, verdict: "too-heavy" };
  const patience = running ? frozenAfter : Math.max(frozenAfter, START_PATIENCE);
  if (health.silent >= patience) return { health, verdict: "frozen" };
  if (health.starting >= patience) return { health, verdict: "stuck" };
  return { health, verdict: over > before.over ? "heavy" : "well" };
}

/** Describes a verdict in one clause. */
export function describeVerdict(
  verdict: Exclude<HealthVerdict, "well">,
  { heap }: Pick<Beat, "heap">,
  { frozenAfter, memoryLimit }: HealthPolicy,
): string {
  const held = `it holds ${mb(heap)}`;
  const limit = `its memoryLimit is ${mb(memoryLimit)}`;
  const span = `${Math.round(frozenAfter / 100) / 10} s`;
  switch (verdict) {
    case "heavy":
      return `${held}; ${limit}`;
    case "too-heavy":
      return `${held} and does not let go of it; ${limit}`;
    case "frozen":
      return `it is frozen: no heartbeat for ${span}`;
    case "exhausted":
      return `it ran out of memory; ${limit}`;
    case "hoarding":
      return `it takes the machine's memory and does not answer; ${limit}`;
    case "stuck":
      return "it has not begun to work: its module does not come to its end";
  }
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)}MB`;
}

/** The longest time from one look to the next, ms. */
const LOOK_EVERY = 1_000;

/** A thread whose health is monitored. */
export interface MonitoredThread {
  /** Its heartbeats. */
  heartbeat: Heartbeat;
  /** Its limits. */
  policy: HealthPolicy;
  /** Whether its daemon is built in: then the rule for memory outside of heaps does not apply to it. */
  isBuiltIn: boolean;
  /** Whether its daemon has begun to work. */
  isRunning: () => boolean;
  /** Asks it for an immediate heartbeat. */
  ask: () => void;
  /** Called with what a look has shown. */
  onLook: (verdict: HealthVerdict, beat: Beat) => void;
}

/** The same while all threads are asked for a heartbeat, ms. */
const LOOK_EVERY_WHEN_ASKED = 250;

/** A thread is young until its daemon has run for this time, ms: by then a heartbeat has reported its memory. */
const YOUTH = 10_000;

/** What is remembered of a monitored thread. */
interface Look {
  health: ThreadHealth;
  /** How long its daemon has worked, ms. */
  worked: number;
}

/** Looks at the heartbeats of all threads; one timer serves them all. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #rss: () => number;
  readonly #looks = new Map<MonitoredThread, Look>();
  #memory: MemoryState<MonitoredThread> = { base: 0, heaps: new Map() };
  #stop = new AbortController();

  /**
   * It does nothing as long as there is no thread.
   *
   * @param rss gives the resident bytes of the process, without the main thread's own heap.
   */
  constructor(clock: Clock, rss: () => number = residentBytes) {
    this.#clock = clock;
    this.#rss = rss;
  }

  /** Monitors a thread. Returns what ends that. */
  add(thread: MonitoredThread): () => void {
    this.#looks.set(thread, { health: NEW_HEALTH, worked: 0 });
    if (this.#looks.size === 1) {
      this.#memory = { base: this.#rss(), heaps: new Map() };
      void this.#keepLooking();
    }
    return () => {
      this.#looks.delete(thread);
      if (this.#looks.size === 0) this.#stop.abort();
    };
  }

  async #keepLooking(): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    for (let last = this.#clock.now(); !signal.aborted;) {
      const interval = this.#interval();
      await this.#clock.sleep(interval, signal).catch(() => {});
      if (signal.aborted) return;
      const now = this.#clock.now();
      this.#look(countedTime(now - last, interval));
      this.#lookAtMemory(interval / Math.max(interval, now - last));
      last = now;
    }
  }

  #look(elapsed: number): void {
    for (const [thread, look] of this.#looks) {
      const beat = thread.heartbeat.read();
      const { health, verdict } = judgeHealth(
        thread.policy,
        look.health,
        beat,
        thread.isRunning(),
        elapsed,
      );
      look.health = health;
      if (thread.isRunning()) look.worked += elapsed;
      thread.onLook(verdict, beat);
    }
  }

  #lookAtMemory(promptness: number): void {
    if (this.#looks.size === 0) return;
    const threads = new Map([...this.#looks].map(([thread, { worked }]) => {
      const { count: beats, heap } = thread.heartbeat.read();
      const { memoryLimit } = thread.policy;
      const suspect = thread.isRunning() && !thread.isBuiltIn;
      return [thread, { beats, heap, memoryLimit, suspect, young: worked < YOUTH }];
    }));
    const { state, ask, culprits } = lookAtMemory(this.#memory, this.#rss(), threads, promptness);
    this.#memory = state;
    if (ask) { for (const thread of threads.keys()) thread.ask(); }
    for (const thread of culprits) thread.onLook("hoarding", thread.heartbeat.read());
  }

  /** Short enough for the lowest `frozenAfter`. */
  #interval(): number {
    const lowest = Math.min(...[...this.#looks.keys()].map(({ policy }) => policy.frozenAfter));
    const longest = this.#memory.asked ? LOOK_EVERY_WHEN_ASKED : LOOK_EVERY;
    return Math.min(longest, Math.max(20, lowest / 4));
  }
}

/** The resident bytes of the process without this thread's own heap and what lies outside of it. */
export function residentBytes(
  { rss, heapTotal, external }: Deno.MemoryUsage = Deno.memoryUsage(),
): number {
  return rss - heapTotal - external;
}

/**
 * How much of the time between two looks counts, ms. When a look comes late, since the machine slept, the process was
 * held, or the main thread was busy, the threads had no turn in that time either.
 */
export function countedTime(elapsed: number, interval: number): number {
  return Math.min(elapsed, 2 * interval);
}
