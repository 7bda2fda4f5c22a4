import type { Clock } from "../base/mod.ts";
import { agentLog, type LimitedLog, limitLog, RateLimit, type WriteLog } from "../log/mod.ts";

/**
 * What all threads of a daemon may log: a fifth more than one thread sends, so that the record in which a thread reports
 * what it has dropped itself is not dropped here.
 */
const LOG_RATES = {
  records: { burst: 600, perSecond: 60 },
  characters: { burst: 1_200_000, perSecond: 12_000 },
};

/** Messages from a daemon's threads. The main thread has to read them all, so more than that delays other daemons. */
export const MESSAGE_RATE = { burst: 20_000, perSecond: 5_000 };

/** Writes of the public state, a fifth more than one thread sends by itself. Every thread of the agent reads them. */
const WRITE_RATE = {
  messages: { burst: 600, perSecond: 120 },
  characters: { burst: 1_260_000, perSecond: 1_260_000 },
};

/** Starts of a daemon's child threads. Each takes some 50 ms of a core. */
const START_RATE = { burst: 100, perSecond: 10 };

/** Child threads that a daemon may have at a time, those that wait included. */
const MAX_CHILDREN = 1_000;

/** What the arguments of all of them may take, MB. */
const MAX_ARGUMENTS = 64;

/** Threads of a daemon that cannot be ended and go on, since it was last changed or restarted. Each may take a core. */
const MAX_GIVEN_UP = 3;

/** The same, however often it was changed or restarted. Each keeps its memory. */
export const MAX_GIVEN_UP_EVER = 10;

/** What the limits of a daemon work with. */
export interface DaemonLimitsOptions {
  /** Where time comes from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
}

/** What one daemon may take, all its threads together, however often they are started again. */
export class DaemonLimits {
  /** The log of its threads. */
  readonly log: LimitedLog;
  readonly #options: DaemonLimitsOptions;
  readonly #messages: RateLimit;
  readonly #starts: RateLimit;
  readonly #writes: RateLimit;
  readonly #written: RateLimit;
  readonly #givenUp = new Set<{ isRecent: boolean }>();
  #children = 0;
  #arguments = 0;
  #isSlowed = false;

  /** It has taken nothing yet. */
  constructor(options: DaemonLimitsOptions) {
    const now = () => options.clock.now();
    this.#options = options;
    this.log = limitLog(options.log, now, LOG_RATES);
    this.#messages = new RateLimit(MESSAGE_RATE, now());
    this.#starts = new RateLimit(START_RATE, now());
    this.#writes = new RateLimit(WRITE_RATE.messages, now());
    this.#written = new RateLimit(WRITE_RATE.characters, now());
  }

  /** Whether one more message may come from its threads. */
  allowsMessage(): boolean {
    return this.#messages.allows(this.#options.clock.now());
  }

  /** Counts a message with writes. Returns how long its thread is to wait with the next one, ms. */
  countWrites(characters: number): number {
    const now = this.#options.clock.now();
    return Math.max(this.#writes.reserve(now), this.#written.reserve(now, characters));
  }

  /**
   * Counts one more child thread until {@linkcode removeChild} is called.
   *
   * @param bytes what its arguments take.
   * @throws {Error} when there are too many.
   */
  addChild(bytes: number): void {
    const rest = "those that wait included";
    if (this.#children >= MAX_CHILDREN) {
      throw new Error(`A daemon may have ${MAX_CHILDREN} child threads at a time, ${rest}`);
    }
    if (this.#arguments + bytes > MAX_ARGUMENTS * 1024 * 1024) {
      throw new Error(
        `The arguments of a daemon's child threads may take ${MAX_ARGUMENTS} MB together, ${rest}`,
      );
    }
    this.#children++;
    this.#arguments += bytes;
  }

  /** The child thread has ended. */
  removeChild(bytes: number): void {
    this.#children--;
    this.#arguments -= bytes;
  }

  /**
   * Resolves when one more of its child threads may be started. That they wait is logged once for as long as they do.
   *
   * @param daemon its name.
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async startTurn(daemon: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const ms = this.#starts.reserve(clock.now());
    if (ms === 0) this.#isSlowed = false;
    else if (!this.#isSlowed) {
      this.#isSlowed = true;
      agentLog(log).warning(
        `Daemon '${daemon}' starts more than ${START_RATE.perSecond} child threads a second: they wait`,
      );
    }
    if (ms > 0) await clock.sleep(ms, signal);
  }

  /** Counts a thread that could not be ended, until `gone` resolves. */
  giveUp(thread: string, gone: Promise<void>): void {
    const held = { isRecent: true };
    this.#givenUp.add(held);
    void logGivenUp(this.#options, thread, gone).then(() => this.#givenUp.delete(held));
  }

  /** Lets the daemon start again: it was changed, or somebody restarts it. */
  startAfresh(): void {
    for (const held of this.#givenUp) held.isRecent = false;
  }

  /** Why no thread of the daemon is started now, in one clause; undefined when threads are. */
  refusal(): string | undefined {
    const recent = [...this.#givenUp].filter(({ isRecent }) => isRecent).length;
    if (recent < MAX_GIVEN_UP && this.#givenUp.size < MAX_GIVEN_UP_EVER) return undefined;
    return `${this.#givenUp.size} threads of this daemon that cannot be ended go on: correct the daemon and restart the agent`;
  }
}

/** Logs that a thread is given up; resolves when its end, which may be much later, is logged. */
export async function logGivenUp(
  { clock, log }: DaemonLimitsOptions,
  thread: string,
  gone: Promise<void>,
): Promise<void> {
  const { warning, info } = agentLog(log);
  const since = clock.now();
  warning(
    `Thread ${thread} is given up: it does not answer, cannot be ended and goes on in this process`,
  );
  await gone;
  const seconds = Math.round((clock.now() - since) / 1_000);
  info(`Thread ${thread}, which was given up, ended ${seconds} s later`);
}
