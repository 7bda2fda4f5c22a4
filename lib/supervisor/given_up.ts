import type { Clock } from "../base/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import type { Load, Processor } from "./processor.ts";

/** So many threads of a daemon that cannot be ended are looked at for what they take. */
const SUSPICIOUS = 2;

/** So many there may be at the most, whatever they take: each keeps its memory. */
export const MOST_GIVEN_UP = 10;

/** A process that takes less than this, in cores, is not suspected, however little others leave of the processor. */
const LEAST_TAKEN = 0.25;

/** What threads of a daemon that cannot be ended may cost. */
export interface Burden extends Load {
  /** How many there are. */
  threads: number;
  /** How many of them are of the daemon as it is now, and not of what it was before it was changed. */
  recent: number;
  /** How many cores there are for the process. */
  cores: number;
}

/**
 * Why a daemon is given no other thread; undefined when it is. Two threads that spin take two cores, or most of what
 * there is and others leave.
 */
export function refuseThread({ threads, recent, taken, idle, cores }: Burden): string | undefined {
  const held = `${threads} threads of this daemon that cannot be ended go on`;
  const remedy = "mend the daemon and restart the agent";
  if (threads >= MOST_GIVEN_UP) return `${held}, and more may not: ${remedy}`;
  const much = Math.max(LEAST_TAKEN, 0.75 * Math.min(2, cores, taken + idle));
  if (recent < SUSPICIOUS || taken < much) return undefined;
  return `${held}, and the agent takes ${Math.round(taken * 100)} % of a core: ${remedy}`;
}

/** What is needed to keep given up threads in mind. */
export interface GivenUpParts {
  /** Where time comes from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
  /** What tells how much the process takes. */
  processor: Processor;
}

/** The threads of one daemon that were given up, for as long as they go on. */
export class GivenUp {
  readonly #parts: GivenUpParts;
  readonly #threads = new Set<{ isRecent: boolean }>();

  /** There are none yet. */
  constructor(parts: GivenUpParts) {
    this.#parts = parts;
  }

  /** Takes one, until `gone` is resolved. */
  add(thread: string, gone: Promise<void>): void {
    const held = { isRecent: true };
    this.#threads.add(held);
    void tellGivenUp(this.#parts, thread, gone).then(() => this.#threads.delete(held));
  }

  /** The daemon was changed, or is started since somebody wants that: it has a fresh try. */
  startAfresh(): void {
    for (const held of this.#threads) held.isRecent = false;
  }

  /**
   * Why the daemon is given no other thread now, in one clause; undefined when it is. It takes time where there is
   * something to look at.
   *
   * @throws {unknown} the signal's reason, when it is aborted meanwhile.
   */
  async refuse(signal: AbortSignal): Promise<string | undefined> {
    if (this.#threads.size < SUSPICIOUS) return undefined;
    const { processor } = this.#parts;
    const load = await processor.look(signal);
    const recent = [...this.#threads].filter(({ isRecent }) => isRecent).length;
    return refuseThread({
      ...load,
      ...{ threads: this.#threads.size, recent, cores: processor.cores },
    });
  }
}

/** Says that a thread is given up, and resolves when it is said that it has ended after all. */
export async function tellGivenUp(
  { clock, log }: Pick<GivenUpParts, "clock" | "log">,
  thread: string,
  gone: Promise<void>,
): Promise<void> {
  const { warning, info } = agentLog(log);
  const since = clock.now();
  warning(
    `Thread ${thread} is given up: it does not answer, cannot be ended and goes on in this process`,
  );
  await gone;
  info(
    `Thread ${thread}, which was given up, ended ${
      Math.round((clock.now() - since) / 1_000)
    } s later`,
  );
}
