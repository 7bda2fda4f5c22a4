import type { Clock } from "../base/mod.ts";

/** How the processor was used over a span of time, in cores. */
export interface Load {
  /** What this process took. */
  taken: number;
  /** What nobody took. */
  idle: number;
}

/** The processor, as far as it is this process's. */
export interface Processor {
  /** How many cores there are for it. */
  readonly cores: number;
  /**
   * How it is used at this time.
   *
   * @throws {unknown} the signal's reason, when it is aborted meanwhile.
   */
  look(signal: AbortSignal): Promise<Load>;
}

/** For how long a look goes, ms: a thread that starts takes a core for a moment. */
const SPAN = 2_000;

/**
 * Looks at the processor.
 *
 * @param readTimes gives the time that this process has taken and that nobody has taken, ms, all cores together.
 */
export function watchProcessor(
  clock: Pick<Clock, "now" | "sleep">,
  readTimes: () => Promise<Load> = readProcessorTimes,
): Processor {
  return {
    cores: navigator.hardwareConcurrency,
    async look(signal) {
      const [before, began] = [await readTimes(), clock.now()];
      await clock.sleep(SPAN, signal);
      const [after, span] = [await readTimes(), clock.now() - began];
      return {
        taken: (after.taken - before.taken) / span,
        idle: (after.idle - before.idle) / span,
      };
    },
  };
}

/** What Node.js has for that is loaded only now, since it costs memory. */
async function readProcessorTimes(): Promise<Load> {
  const [{ cpuUsage }, { cpus }] = await Promise.all([import("node:process"), import("node:os")]);
  const { user, system } = cpuUsage();
  return { taken: (user + system) / 1_000, idle: idleTime(cpus) };
}

/** What nobody took; nothing where the system does not tell. */
function idleTime(cpus: () => { times: { idle: number } }[]): number {
  try {
    return cpus().reduce((sum, { times }) => sum + times.idle, 0);
  } catch {
    return 0;
  }
}
