import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Problem } from "../config/problem.ts";
import type { DaemonDescription } from "../daemon/check.ts";
import { workerPermissions } from "../supervisor/permissions.ts";
import { ranOutOfHeap, startWorker } from "../supervisor/worker.ts";

/** How long a module may take to load before it counts as stuck, ms. */
export const LOAD_LIMIT = 5_000;

/** The heap that loading a module may take, bytes. */
const LOAD_HEAP = 256 * 1024 * 1024;

/** What a look at a module has shown: what it defines, or why it cannot be used in one line. */
export type Probed =
  | { description: DaemonDescription; argumentProblems: Problem[] }
  | { problem: string };

/**
 * Loads a module in a worker of its own that is ended at once, and may do nothing but read the module's
 * folder. Never rejects.
 *
 * @param given the arguments to hold against what the module takes.
 */
export async function probeModule(
  file: string,
  given: Record<string, unknown>,
  limit: number = LOAD_LIMIT,
): Promise<Probed> {
  const worker = startWorker({
    entry: import.meta.resolve("./probe_worker.ts"),
    name: `probe of ${file}`,
    permissions: workerPermissions({}, dirname(file), []),
    heapLimit: LOAD_HEAP,
  });
  const { promise, resolve } = Promise.withResolvers<Probed>();
  worker.onmessage = ({ data }) => resolve(data as Probed);
  worker.onerror = (event) => {
    event.preventDefault();
    const what = ranOutOfHeap(event) ? "it ran out of memory" : event.message;
    resolve({ problem: `${file}: ${what} (thrown while it was loaded)` });
  };
  const late = setTimeout(() => resolve({ problem: `${file}: ${tooSlow(limit)}` }), limit);
  try {
    worker.postMessage({ module: pathToFileURL(file).href, given });
    return await promise;
  } finally {
    clearTimeout(late);
    worker.terminate();
  }
}

function tooSlow(limit: number): string {
  return `did not load within ${limit / 1000} s; what takes long, or has no end, belongs in run()`;
}
