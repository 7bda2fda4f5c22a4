import { withHeapLimit } from "../daemon/heap_limit.ts";

/** How a worker is started. */
export interface WorkerPlan {
  /** The URL of its entry. */
  entry: string;
  /** Its name. */
  name: string;
  /** What it may do. */
  permissions: Deno.PermissionOptionsObject;
  /** Bytes at which its heap ends; it alone ends then, and not the process. */
  heapLimit: number;
}

/**
 * Starts a Web Worker with permissions and a heap limit of its own. Out of heap it has an error event, which
 * {@linkcode ranOutOfHeap} knows.
 */
export function startWorker({ entry, name, permissions, heapLimit }: WorkerPlan): Worker {
  const options = { type: "module", name, deno: { permissions } } as const;
  return withHeapLimit(heapLimit, () => new Worker(entry, options));
}

/** Whether a worker's error event says that it ran out of heap. */
export function ranOutOfHeap({ message }: Pick<ErrorEvent, "message">): boolean {
  return /execution (has been )?terminated/.test(message);
}
