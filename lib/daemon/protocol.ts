import type { ServiceManagerPlan } from "../service/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/level.ts";
import type { ThreadState } from "./agent_state.ts";

/** What a thread is to run; plain data, posted once its worker stands. */
export interface Assignment {
  /** The thread's name. */
  thread: string;
  /** The name under which the daemon is registered. */
  daemon: string;
  /** What of the daemon it runs. */
  task: Task;
  /** The URL of its module. */
  module: string;
  /** Changes when the module does; the same module of another version is another plan. */
  version: string;
  /** The home folder, absolute. */
  home: string;
  /** The daemon's arguments as configured, not yet checked. */
  arguments: Record<string, unknown>;
  /** Whether it is given the service manager. */
  services: boolean;
  /** The service manager. */
  serviceManager: ServiceManagerPlan;
  /** Records below this level stay in the thread. */
  logLevel: LogLevel;
  /** Without a sign of life for so long, ms, it is taken for frozen. */
  frozenAfter: number;
  /** Bytes at which its heap ends, and those of workers that it makes by itself. */
  heapLimit: number;
}

/** What a thread runs of a daemon: its own work, one of its tasks, or what follows a termination. */
export type Task =
  | { type: "run" }
  | { type: "task"; name: string; arguments: unknown }
  | { type: "onTerminate"; thread: string; reason: string };

/** A child thread that a thread asks for. */
export interface ChildRequest {
  /** The asking thread's number for it. */
  id: number;
  /** The task of the daemon that it is to run. */
  task: string;
  /** The third part of its name. */
  name: string;
  /** The pool that it is to run in. */
  pool: string;
  /** What the task is given. */
  arguments: unknown;
}

/** What becomes of a child thread, told to the thread that asked for it. */
export type ChildNews =
  | { type: "state"; state: ThreadState; thread: string }
  | { type: "result"; result: unknown }
  | { type: "error"; error: string };

/** What the agent tells a thread. */
export type ToThread =
  | { type: "start"; assignment: Assignment; pulse: SharedArrayBuffer; line: MessagePort }
  | { type: "stop" }
  | { type: "beat" }
  | { type: "child"; id: number; news: ChildNews };

/** What a thread tells the agent. */
export type FromThread =
  | { type: "log"; level: LogLevel; message: string; time: number }
  | { type: "running"; hasHook: boolean }
  | { type: "finished"; result?: unknown }
  | { type: "failed"; error: string; leaves?: boolean } // leaves: it ends itself
  | { type: "start-child"; request: ChildRequest }
  | { type: "stop-child"; id: number };

/** The longest message of a log record, characters; what is longer is cut. */
const LONGEST_MESSAGE = 16_000;

/** The message in what came from a thread; undefined when it is none, since a daemon may post what it likes. */
export function readFromThread(data: unknown): FromThread | undefined {
  const message = (data ?? {}) as Record<string, unknown>;
  switch (message.type) {
    case "running":
      return { type: "running", hasHook: message.hasHook === true };
    case "finished":
      return { type: "finished", result: message.result };
    case "failed":
      return {
        type: "failed",
        error: cut(text(message.error)),
        ...(message.leaves === true && { leaves: true }),
      };
    case "log":
      return readLog(message);
    case "start-child":
      return readRequest((message.request ?? {}) as Record<string, unknown>);
    case "stop-child":
      return Number.isSafeInteger(message.id)
        ? { type: "stop-child", id: Number(message.id) }
        : undefined;
    default:
      return undefined;
  }
}

function readLog(message: Record<string, unknown>): FromThread | undefined {
  const level = LOG_LEVELS.find((level) => level === message.level);
  const time = Number(message.time);
  if (level === undefined || !Number.isFinite(time)) return undefined;
  return { type: "log", level, message: cut(text(message.message)), time };
}

function readRequest(request: Record<string, unknown>): FromThread | undefined {
  const { id, task, name, pool, arguments: given } = request;
  if (!Number.isSafeInteger(id)) return undefined;
  if (typeof task !== "string" || typeof name !== "string" || typeof pool !== "string") {
    return undefined;
  }
  return {
    type: "start-child",
    request: { id: Number(id), task, name, pool, arguments: given },
  };
}

/** What a daemon posts may have no text: an object without a prototype. */
function text(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}

function cut(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  return `${message.slice(0, LONGEST_MESSAGE)}… (${message.length} characters)`;
}
