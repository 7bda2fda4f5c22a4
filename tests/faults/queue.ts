import type { Fault } from "./fault.ts";
import { type Held, tryFault } from "./try.ts";

/** So many faults are tried at a time, each with an agent of its own. */
const AT_ONCE = Number(Deno.env.get("ICINGA_WARDEN_FAULTS_AT_ONCE") ?? 5);

/** Begins to try faults, a few at a time; what comes of each is known in its own time. */
export function tryAll(faults: readonly Fault[]): Map<Fault, Promise<Held | undefined>> {
  const waiting = faults.map((fault) => ({ fault, ...Promise.withResolvers<Held | undefined>() }));
  const queue = waiting.values();
  const work = async () => {
    for (const { fault, resolve, reject } of queue) {
      if (fault.missing?.() !== undefined) resolve(undefined);
      else await tryFault(fault).then(resolve, reject);
    }
  };
  for (const { promise } of waiting) promise.catch(() => {});
  for (let worker = 0; worker < AT_ONCE; worker++) void work();
  return new Map(waiting.map(({ fault, promise }) => [fault, promise]));
}
