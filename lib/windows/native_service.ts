import { attempt } from "../base/mod.ts";
import { listProcesses, type Process } from "./processes.ts";
import { type ServiceRequest, STATE } from "./service_status.ts";

/** A message from the agent to the thread that speaks to the service control manager: how it stands now. */
export interface ToServiceThread {
  state: typeof STATE["running" | "paused" | "stopped"];
  /** Why it has stopped: 0 in order. */
  exitCode?: number;
}

/** A message from that thread to the agent. */
export type FromServiceThread =
  /** The service control manager has started this process, as the service of this name. */
  | { type: "started"; service: string }
  /** The service control manager has not started this process. */
  | { type: "no-service" }
  /** Windows takes no control handler, so that no control would arrive; why, in one line. */
  | { type: "failed"; error: string }
  /** Windows did not take the state of the service; why, in one line. */
  | { type: "problem"; error: string }
  /** A control came. */
  | { type: "request"; request: ServiceRequest }
  /** The service control manager knows that the service has stopped; the process may end. */
  | { type: "over" };

/** This process as a service of Windows. */
export interface NativeService {
  /** The name under which it is installed. */
  readonly name: string;
  /**
   * Calls `onRequest` with every request of the service control manager, and `onProblem` with each problem in speaking
   * to it, in one line; with those that came before, too.
   */
  listen(
    onRequest: (request: ServiceRequest) => void,
    onProblem: (error: string) => void,
  ): void;
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

/** The thread that speaks to the service control manager, or a test in its place. */
export type ServiceThread = Pick<Worker, "onmessage" | "onerror" | "postMessage" | "terminate">;

/**
 * Registers this process with the service control manager, if that has started it; undefined in a console, under NSSM,
 * and on any other system than Windows.
 *
 * The parent process tells nearly always; the service control manager itself tells for sure.
 *
 * @throws {Error} when the service control manager has started it and Windows takes no control handler.
 */
export async function joinServiceManager(): Promise<NativeService | undefined> {
  if (Deno.build.os !== "windows") return undefined;
  if (isServiceChild(listProcesses, Deno.ppid, 1) === false) return undefined;
  const thread = new Worker(import.meta.resolve("./service_thread.ts"), {
    type: "module",
    name: "service",
    deno: { permissions: { ffi: true } },
  });
  return await joinThrough(thread);
}

/**
 * Whether the service control manager has started this process, itself or by a service that runs programs, such as NSSM
 * or WinSW; false where the processes cannot be listed.
 */
export function isStartedAsService(): boolean {
  return Deno.build.os === "windows" && isServiceChild(listProcesses, Deno.ppid, 2) === true;
}

/**
 * Whether `services.exe` is the parent of a process or, with two steps, the parent of that; undefined where the processes
 * cannot be listed. Further up it says nothing: shells by OpenSSH or WinRM and many build agents descend from it as well.
 */
export function isServiceChild(
  list: () => readonly Process[],
  parent: number,
  steps: 1 | 2,
): boolean | undefined {
  const processes = attempt(list, () => undefined);
  const find = (id: number | undefined) => processes?.find(({ pid }) => pid === id);
  const starter = find(parent);
  const starters = [starter, find(starter?.parent)].slice(0, steps);
  return processes && starters.some((found) => found?.exe.toLowerCase() === "services.exe");
}

/** As {@linkcode joinServiceManager}, by a thread that has just started. */
export async function joinThrough(thread: ServiceThread): Promise<NativeService | undefined> {
  const first = await nextMessage(thread);
  if (first.type === "started") return serve(thread, first.service);
  thread.terminate();
  if (first.type !== "failed") return undefined;
  throw new Error(`${first.error}; install the service with '--with nssm' instead`);
}

function nextMessage(thread: ServiceThread): Promise<FromServiceThread> {
  return new Promise((resolve, reject) => {
    thread.onmessage = ({ data }) => resolve(data);
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot speak to the service control manager: ${event.message}`));
    };
  });
}

/**
 * When the thread fails, no control arrives any more: the agent stops, and its end without a report is a crash to the
 * service control manager.
 */
function serve(thread: ServiceThread, name: string): NativeService {
  const over = Promise.withResolvers<void>();
  const early: FromServiceThread[] = [];
  let take = (message: FromServiceThread): void => void early.push(message);
  const tell = (message: ToServiceThread) => thread.postMessage(message);
  thread.onerror = (event) => {
    event.preventDefault();
    over.resolve();
    take({ type: "request", request: "stop" });
  };
  thread.onmessage = ({ data }: MessageEvent<FromServiceThread>) => {
    if (data.type === "over") over.resolve();
    else take(data);
  };
  return {
    name,
    listen(onRequest, onProblem) {
      take = (message) => {
        if (message.type === "request") onRequest(message.request);
        else if (message.type === "problem") onProblem(message.error);
      };
      early.splice(0).forEach(take);
    },
    running: () => tell({ state: STATE.running }),
    paused: () => tell({ state: STATE.paused }),
    async stopped(exitCode) {
      tell({ state: STATE.stopped, exitCode });
      await over.promise;
      thread.terminate();
    },
  };
}
