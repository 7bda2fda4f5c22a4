import { Reporter } from "../../../daemons/shared/reporter.ts";
import type { ObjectResult } from "../../../lib/control/results.ts";
import type { Access } from "../../../lib/icinga/mod.ts";

/** What all hosts share: the time, and how many of them may be connecting at once. */
export interface Shared {
  /** How often each sends its results when nothing changes, ms. */
  every: number;
  time: Time;
  slots: Slots;
  /** Called when a parent has taken all of a host, with how long that took from connecting on, ms. */
  onVisit(ms: number, results: number): void;
}

/** Real time; what all wait for can be ended at once. */
export class Time {
  readonly #waiting = new Set<{ resolve: () => void; reject: (why: unknown) => void }>();

  /** Milliseconds on a monotonic clock. */
  now(): number {
    return performance.now();
  }

  /** Waits so many ms. */
  async sleep(ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const waiting = { resolve, reject };
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  /** Ends all waiting. */
  hurry(): void {
    for (const { resolve } of this.#waiting) resolve();
  }

  /** Ends all waiting with an error. */
  end(): void {
    for (const { reject } of this.#waiting) reject(new Error("the end"));
  }
}

/** How many may do something at once; others wait in turn. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a slot. */
  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives it to the next one. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/** What is said about the state of a host, by its number: each change is a change of the exit status. */
const STATES = [[0, "OK"], [2, "CRITICAL"], [1, "WARNING"]] as const;

/** A host that sends its results as an agent does, with the reporter of the agent. */
export class FleetHost {
  /** Counts its changes. */
  change = 0;
  /** The change that a parent has taken. */
  told = -1;
  /** How often no parent took its results. */
  failures = 0;
  readonly reporter: Reporter;
  #asked = -1;
  #begun: number | undefined;
  #isWell = false;
  readonly #end = new AbortController();

  constructor(readonly access: Access, private readonly shared: Shared) {
    const { every, time } = shared;
    this.reporter = new Reporter({
      every,
      results: () => this.#results(),
      access: () => this.#connect(),
      clock: { now: time.now, sleep: (ms) => this.#rest(Number(ms)) },
      random: Math.random,
      log: { info: () => {}, warning: () => {} },
      report: (level) => void (this.#isWell = level === "ok"),
    });
  }

  /** What a parent holds of each of its objects once all of it has arrived. */
  outputs(): Map<string, string> {
    return new Map(
      resultsOf(this.access.host, this.change).map(({ service, output }) => [service, output]),
    );
  }

  /** Its state changes; it is told at once. */
  turn(): void {
    this.change++;
    this.reporter.wake();
  }

  run(): Promise<void> {
    return this.reporter.run(this.#end.signal);
  }

  /** {@linkcode Time.end} ends it then. */
  stop(): void {
    this.#end.abort();
  }

  #results(): ObjectResult[] {
    this.#asked = this.change;
    return resultsOf(this.access.host, this.change);
  }

  async #connect(): Promise<Access> {
    await this.shared.slots.take();
    this.#begun = performance.now();
    return this.access;
  }

  /** Called at the end of each round, and of each wait. */
  async #rest(ms: number): Promise<void> {
    if (this.#begun !== undefined) {
      const took = performance.now() - this.#begun;
      this.#begun = undefined;
      this.shared.slots.give();
      if (this.#isWell) this.shared.onVisit(took, SERVICES.length);
      else this.failures++;
    }
    if (this.#isWell) this.told = this.#asked;
    await this.shared.time.sleep(ms);
  }
}

/** The objects of each host. */
export const SERVICES = ["icinga-warden", "icinga-warden-service-icinga2"] as const;

/** What `check` says of an agent with one service, as long as it is in reality. */
function resultsOf(host: string, change: number): ObjectResult[] {
  const [exitStatus, word] = STATES[change % STATES.length]!;
  return SERVICES.map((service) => {
    const summary = `${word}: ${host} after ${change} changes, 2 of 2 daemons run`;
    const output = `${summary}\nicinga2 is RUNNING, started by the agent 2026-11-29 12:00:00`;
    return { service, exitStatus, summary, output, performance: PERFORMANCE };
  });
}

const PERFORMANCE = [
  ...["restart_error=0;0;2;0", "restarts=3c;;;0", "restart_time=1.4s;;;0", "daemons=2;;;0;2"],
  ...["threads=2;;;0", "uptime=86400s;;;0", "rss=88400000B;;;0", "daemon_restarts=0c;;;0"],
];
