import type { Clock } from "../base/mod.ts";

/** Files, sockets and event loops that a process has open, and how many it may have. */
export interface Handles {
  open: number;
  limit: number;
}

/** How often to count, ms: at 10 child threads a second some 20 s lie between the warning and the limit. */
const LOOK_EVERY = 5_000;

/** From this part of the limit on it is a trouble. */
const TOO_MANY = 0.7;

/**
 * Reports while the process has most of the handles open that it may have: where there are no more, Deno ends the
 * process. Resolves when the signal is aborted.
 *
 * @param read counts them. Default: {@linkcode readHandles}.
 */
export async function watchHandles(
  report: (text: string | undefined) => void,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
  read: () => Handles | undefined = readHandles,
): Promise<void> {
  const isSlept = () => clock.sleep(LOOK_EVERY, signal).then(() => true, () => false);
  while (await isSlept()) {
    const handles = read();
    if (!handles) return;
    report(describeHandles(handles));
  }
}

/** The problem with the number of open handles, in one line; undefined when there is none. */
export function describeHandles({ open, limit }: Handles): string | undefined {
  if (open < TOO_MANY * limit) return undefined;
  return `Of the ${limit} handles that the process may have open more than 70 % are; without a free one it is ended. ` +
    "Deno 2.7.11 keeps two for each thread that has ended: restart the agent, start fewer child threads, or raise the limit";
}

/** The handles of this process; undefined on Windows, where 16 million may be open, and where they cannot be counted. */
export function readHandles(): Handles | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? NaN);
    return isNaN(limit)
      ? undefined
      : { open: [...Deno.readDirSync("/proc/self/fd")].length, limit };
  } catch {
    return undefined;
  }
}
