import { listProcesses } from "./ffi/kernel32.ts";
import type { ServiceRequest } from "./service_status.ts";

/** What the agent tells the thread that speaks to the service control manager. */
export type ToServiceThread =
  /** It runs, or it runs again after a pause. */
  | { type: "running" }
  /** It is paused. */
  | { type: "paused" }
  /** It has ended; the exit code is 0 when it was told to. */
  | { type: "stopped"; exitCode: number };

/** What that thread tells the agent. */
export type FromServiceThread =
  /** The service control manager has started this process, as the service of this name. */
  | { type: "started"; service: string }
  /** The service control manager has not started this process: it is none of its services. */
  | { type: "no-service" }
  /** A control came. */
  | { type: "request"; request: ServiceRequest }
  /** The service control manager knows that the service has stopped; the process may end. */
  | { type: "over" };

/** This process as a service of Windows. */
export interface NativeService {
  /** The name under which it is installed. */
  readonly name: string;
  /** Calls `take` with every request of the service control manager, those that came before included. */
  onRequest(take: (request: ServiceRequest) => void): void;
  /** Reports that the agent runs; until then the service is starting, or continuing after a pause. */
  running(): void;
  /** Reports that the agent is paused. */
  paused(): void;
  /**
   * Reports that the agent has stopped and resolves once the process may end.
   *
   * @param exitCode 0 in order; any other makes the recovery actions fire.
   */
  stopped(exitCode: number): Promise<void>;
}

/**
 * Answers the service control manager, if it has started this process; undefined in a console, under NSSM,
 * and on any other system than Windows.
 *
 * The parent's name settles nearly every case at once; what settles it for good is whether the service control
 * manager takes the process for its own.
 */
export async function joinServiceManager(): Promise<NativeService | undefined> {
  if (Deno.build.os !== "windows" || !isChildOfServices()) return undefined;
  const worker = new Worker(import.meta.resolve("./service_thread.ts"), {
    type: "module",
    name: "service",
    deno: { permissions: { ffi: true } },
  });
  const first = await nextMessage(worker);
  if (first.type === "started") return serve(worker, first.service);
  worker.terminate();
  return undefined;
}

function isChildOfServices(): boolean {
  return listProcesses().some(({ pid, exe }) =>
    pid === Deno.ppid && exe.toLowerCase() === "services.exe"
  );
}

function nextMessage(worker: Worker): Promise<FromServiceThread> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot speak to the service control manager: ${event.message}`));
    };
  });
}

/**
 * Should the thread fail, nobody would hear the service control manager any more: the agent stops, and its end
 * without a report is a crash to the service control manager.
 */
function serve(worker: Worker, name: string): NativeService {
  const over = Promise.withResolvers<void>();
  const early: ServiceRequest[] = [];
  let take = (request: ServiceRequest): void => {
    early.push(request);
  };
  const tell = (message: ToServiceThread) => worker.postMessage(message);
  worker.onerror = (event) => {
    event.preventDefault();
    over.resolve();
    take("stop");
  };
  worker.onmessage = ({ data }: MessageEvent<FromServiceThread>) => {
    if (data.type === "request") take(data.request);
    else if (data.type === "over") over.resolve();
  };
  return {
    name,
    onRequest(listener) {
      take = listener;
      early.splice(0).forEach(listener);
    },
    running: () => tell({ type: "running" }),
    paused: () => tell({ type: "paused" }),
    async stopped(exitCode) {
      tell({ type: "stopped", exitCode });
      await over.promise;
      worker.terminate();
    },
  };
}
