const MB = 1024 * 1024;

/**
 * Makes a Web Worker with a heap limit: when the heap is full, the worker ends, and not the process.
 *
 * Deno has both a heap limit (`resourceLimits` of `node:worker_threads`) and permissions (of Web Workers), but
 * no API for a worker with the two of them, and without a heap limit a worker that runs out of heap aborts the
 * process. Both kinds are made by the same operation of the runtime, which takes an object and looks for
 * `resourceLimits` in it; a Web Worker's leaves it out, so that it is found on the prototype while one is
 * there. The other way, a `worker_threads` worker within a Web Worker, costs a second worker for each. Where a
 * later Deno does not look for it any more, workers start without a limit: tests/faults notices.
 *
 * @param make calls `new Worker` and nothing else.
 */
export function withHeapLimit<W extends Worker>(bytes: number, make: () => W): W {
  Object.defineProperty(Object.prototype, "resourceLimits", {
    value: { maxOldGenerationSizeMb: Math.ceil(bytes / MB), maxYoungGenerationSizeMb: 16 },
    configurable: true,
  });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(Object.prototype, "resourceLimits");
  }
}
