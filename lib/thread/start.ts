import type { MessagePort as NodePort } from "node:worker_threads";
import { dirname, isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type DaemonPermissions, DISKS } from "../daemon/mod.ts";

/** How a worker is started. */
export interface WorkerOptions {
  /** The URL of its entry. */
  entry: string;
  /** Its name. */
  name: string;
  /** What it may do. */
  permissions: Deno.PermissionOptionsObject;
  /** The heap limit, bytes. At the limit only the worker ends, not the process. */
  heapLimit: number;
}

/**
 * Starts a Web Worker with permissions and a heap limit of its own. When the heap is full, the worker ends, and not the
 * process: an error event tells, which {@linkcode ranOutOfHeap} recognizes.
 *
 * Deno has both a heap limit (`resourceLimits` of `node:worker_threads`) and permissions (of Web Workers), but
 * no API for a worker with the two of them, and without a heap limit a worker that runs out of heap aborts the
 * process. Both kinds are made by the same operation of the runtime, which takes an object and looks for
 * `resourceLimits` in it; a Web Worker's leaves it out, so that it is found on the prototype while one is
 * there. The other way, a `worker_threads` worker within a Web Worker, costs a second worker for each. Where a
 * later Deno does not look for it any more, workers start without a limit: tests/faults notices.
 */
export function startWorker({ entry, name, permissions, heapLimit }: WorkerOptions): Worker {
  const maxOldGenerationSizeMb = Math.ceil(heapLimit / 1024 ** 2);
  Object.defineProperty(Object.prototype, "resourceLimits", {
    value: { maxOldGenerationSizeMb, maxYoungGenerationSizeMb: 16 },
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
  return /execution (has been )?terminated/.test(message);
}

/** From source a worker imports the project's own files, and needs to read them; an exe holds them. */
const SOURCE_FOLDERS = Deno.build.standalone
  ? []
  : [fileURLToPath(new URL("../../", import.meta.url))];

/**
 * What a daemon may read in any case: its module's folder. If home, with its tokens and the saved state, is
 * in that folder: only its module, the imports of that, and each folder's package.json, which Deno reads to load them.
 *
 * @param files its module's file and all that it imports, absolute; empty for a daemon that ships inside the program.
 */
export function ownReads(files: readonly string[], home: string): string[] {
  if (files.length === 0) return [];
  const folder = dirname(files[0]!);
  const way = relative(folder, home);
  if (isAbsolute(way) || way.split(/[\\/]/)[0] === "..") return [folder];
  return [...files, ...files.map((file) => join(dirname(file), "package.json"))];
}

/**
 * The permissions of a daemon's worker: the granted ones, and reading its own files.
 *
 * @param allowed what its module declares and the configuration grants, paths absolute.
 * @param own files and folders that it may read in any case; see {@linkcode ownReads}.
 * @param programs absolute paths of the programs that the service manager runs; empty when it is simulated.
 */
export function workerPermissions(
  allowed: DaemonPermissions,
  own: readonly string[],
  programs: readonly string[],
): Deno.PermissionOptionsObject {
  const { services, read = [], write = [], run = [], net = [], env = [], ffi = [], sys = [] } =
    allowed;
  return {
    read: asOption([...SOURCE_FOLDERS, ...own, ...read]),
    run: asOption([...(services ? programs : []), ...run]),
    write: asOption(write),
    net: asOption(net),
    env: asOption(env),
    ffi: asOption(ffi),
    sys: asOption(sys.filter((item) => item !== DISKS)) as Deno.PermissionOptionsObject["sys"],
    import: [],
  };
}

/** An empty list would be refused for some kinds of permission; `false` is none for all. */
function asOption(list: readonly string[]): string[] | boolean {
  return list.includes("*") || (list.length > 0 && [...list]);
}

/**
 * Detects the end of a worker. `terminate()` only requests it, and Deno has no event for it. One end of a channel is
 * transferred to the worker, which does not use it. It closes when the worker ends, possibly minutes later.
 */
export class ExitDetector {
  /** The end that goes to the worker. */
  readonly far: MessagePort;
  readonly #near: MessagePort;

  /** It needs `far` to be transferred to a worker. */
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#near = port1;
    this.far = port2;
  }

  /** Resolves when the worker has ended; call it once. Does not keep the process running. */
  async gone(): Promise<void> {
    const near = await asNodePort(this.#near);
    const gone = Promise.withResolvers<void>();
    near.once("close", gone.resolve);
    near.start();
    near.unref();
    await gone.promise;
    near.close();
  }
}

/**
 * Only Node.js' ports have a close event, and a port that is received on one of them is one. The module costs memory, so
 * it is loaded when it is needed.
 */
async function asNodePort(port: MessagePort): Promise<NodePort> {
  const { receiveMessageOnPort } = await import("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(port, [port]);
  const received = receiveMessageOnPort(port2 as unknown as NodePort);
  port1.close();
  port2.close();
  return received!.message;
}
