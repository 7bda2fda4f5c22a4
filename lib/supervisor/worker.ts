const MB = 1024 * 1024;

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
 *
 * Deno has both a heap limit (`resourceLimits` of `node:worker_threads`) and permissions (of Web Workers), but
 * no API for a worker with the two of them, and without a heap limit a worker that runs out of heap aborts the
 * process. Both kinds are made by the same operation of the runtime, which takes an object and looks for
 * `resourceLimits` in it; a Web Worker's leaves it out, so that it is found on the prototype while one is
 * there. The other way, a `worker_threads` worker within a Web Worker, costs a second worker for each. Where a
 * later Deno does not look for it any more, workers start without a limit: tests/faults notices.
 */
export function startWorker({ entry, name, permissions, heapLimit }: WorkerPlan): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: Math.ceil(heapLimit / MB) };
  Object.defineProperty(Object.prototype, "resourceLimits", {
    value: resourceLimits,
    configurable: true,
  });
  try {
    return new Worker(entry, { type: "module", name, deno: { permissions } });
  } finally {
    Reflect.deleteProperty(Object.prototype, "resourceLimits");
  }
}

/** Whether a worker's error event says that it ran out of heap. */
export function ranOutOfHeap({ message }: Pick<ErrorEvent, "message">): boolean {
  return message.includes("execution terminated");
}
