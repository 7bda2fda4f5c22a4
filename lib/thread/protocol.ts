import { deserialize, serialize } from "node:v8";
import type { ServiceManagerPlan } from "../service/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import type { ThreadState } from "../daemon/mod.ts";

/** What a thread is to run; plain data, posted when its worker is made. */
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
  /** After this time without a heartbeat it counts as frozen, ms. */
  frozenAfter: number;
  /** Bytes at which its heap ends. */
  heapLimit: number;
}

/** What a thread runs of a daemon: its own work, one of its tasks, or what follows a termination. */
export type Task =
  | { type: "run" }
  | { type: "task"; name: string; arguments: Uint8Array }
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
  /** What the task is given, made by {@linkcode pack}. */
  arguments: Uint8Array;
}

/** How a thread came to its end for good. */
export type ThreadEnd =
  | { type: "finished"; result?: Uint8Array | undefined }
  | { type: "failed"; error: string }
  | { type: "stopped" };

/** News of a child thread, sent to the thread that started it. */
export type ChildNews =
  | { type: "state"; state: ThreadState; thread: string }
  | ThreadEnd;

/** A message from the agent to a thread. */
export type ToThread =
  | { type: "start"; assignment: Assignment; heartbeat: SharedArrayBuffer; port: MessagePort }
  | { type: "stop" }
  | { type: "beat" }
  | { type: "child"; id: number; news: ChildNews }
  | { type: "arguments"; arguments: Record<string, unknown> }
  | { type: "answer"; id: number; value?: unknown; error?: string };

/** What a thread may ask the agent. */
export type Question = { about: "disks" } | { about: "secret"; name: string };

/** A message from a thread to the agent. */
export type FromThread =
  | { type: "log"; level: LogLevel; message: string; time: number }
  | { type: "running"; hasHook: boolean }
  | { type: "finished"; result?: Uint8Array | undefined }
  | { type: "failed"; error: string; leaves?: boolean } // leaves: it ends itself
  | { type: "start-child"; request: ChildRequest }
  | { type: "stop-child"; id: number }
  | { type: "takes-arguments" } // it is told changed ones, and not restarted
  | { type: "ask"; id: number; what: Question } // answered under the same number
  | { type: "end-process"; what: number | string }; // a child process of it, or that of a stuck service

/** The longest text of a log record or an error, characters; the rest is cut off. */
const LONGEST_TEXT = 16_000;

/** The most that a child thread's arguments or its result may take, bytes. */
const LARGEST_VALUE = 1024 * 1024;

/** The largest difference between a record's time and the agent's, ms; beyond that the record's time is ignored. */
const CLOCK_TOLERANCE = 60_000;

/** Taken before a daemon's module is loaded, which may change the globals. */
const { structuredClone } = globalThis;

/** The name of a task, of a thread, of a pool. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/**
 * Checks a message from a thread: types, lengths and bytes. A daemon may post whatever it likes, so nothing else may be
 * done with a message before. Takes time for what it returns only, however large or nested the message is.
 *
 * @param now the time, ms since the Unix epoch.
 * @returns the message, longer texts cut; undefined when it is none that a thread's entry sends.
 */
export function readFromThread(data: unknown, now = Date.now()): FromThread | undefined {
  const message = fieldsOf(data);
  switch (message.type) {
    case "running":
      return { type: "running", hasHook: message.hasHook === true };
    case "finished":
      return { type: "finished", result: readBytes(message.result) };
    case "failed": {
      const error = typeof message.error === "string" ? message.error : "an error that is no text";
      const failed: FromThread = { type: "failed", error: cutText(error) };
      return message.leaves === true ? { ...failed, leaves: true } : failed;
    }
    case "log":
      return readLog(message, now);
    case "start-child":
      return readRequest(fieldsOf(message.request));
    case "stop-child":
      return isId(message.id) ? { type: "stop-child", id: message.id } : undefined;
    case "takes-arguments":
      return { type: "takes-arguments" };
    case "ask":
      return readQuestion(message);
    case "end-process": {
      const { what } = message;
      const isKnown = isId(what) || (typeof what === "string" && what.length <= 256);
      return isKnown ? { type: "end-process", what } : undefined;
    }
    default:
      return undefined;
  }
}

function readQuestion({ id, what }: Record<string, unknown>): FromThread | undefined {
  const { about, name } = fieldsOf(what);
  if (!isId(id)) return undefined;
  if (about === "disks") return { type: "ask", id, what: { about } };
  const isSecret = about === "secret" && typeof name === "string" && name.length <= 64;
  return isSecret ? { type: "ask", id, what: { about, name } } : undefined;
}

function readLog(
  { level: given, message, time }: Record<string, unknown>,
  now: number,
): FromThread | undefined {
  const level = LOG_LEVELS.find((level) => level === given);
  if (level === undefined || typeof message !== "string") return undefined;
  const isNear = typeof time === "number" && Math.abs(time - now) <= CLOCK_TOLERANCE;
  return { type: "log", level, message: cutText(message), time: isNear ? time : now };
}

function readRequest(request: Record<string, unknown>): FromThread | undefined {
  const { id, task, name, pool } = request;
  const bytes = readBytes(request.arguments);
  if (!isId(id) || !isName(task) || !isName(name) || !isName(pool) || !bytes) return undefined;
  return { type: "start-child", request: { id, task, name, pool, arguments: bytes } };
}

function fieldsOf(data: unknown): Record<string, unknown> {
  return (data ?? {}) as Record<string, unknown>;
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Whether a task, a thread or a pool may have this name: letters, digits and `_`, a letter first, at most 64. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}

/** Bytes that hold nothing more than they show; undefined for anything else, and for more than a value may take. */
function readBytes(value: unknown): Uint8Array | undefined {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return undefined;
  return value.buffer.byteLength <= LARGEST_VALUE ? value : undefined;
}

/** A text of at most 16,000 characters; what is longer ends with its length. It keeps nothing of a longer text in memory. */
export function cutText(text: string): string {
  // What says that a text was cut is not cut off once more.
  if (text.length <= LONGEST_TEXT + 40) return text;
  // A part of a text keeps the whole of it.
  const start = new TextDecoder().decode(new TextEncoder().encode(text.slice(0, LONGEST_TEXT)));
  return `${start}… (${text.length} characters)`;
}

/**
 * A value as bytes, for another thread of the same daemon: the main thread passes them on and never reads them.
 *
 * @param what what it is, for the error: `the arguments of a thread`.
 * @throws {TypeError} when it cannot be cloned, or takes more than 1 MB.
 */
export function pack(value: unknown, what: string): Uint8Array {
  // serialize() makes {} of a port, and of others that cannot be copied.
  structuredClone(value);
  const bytes = new Uint8Array(serialize(value));
  if (bytes.length <= LARGEST_VALUE) return bytes;
  const size = (bytes.length / LARGEST_VALUE).toFixed(1);
  throw new TypeError(
    `${what} take ${size} MB; expected at most 1 MB: use the public state or a file`,
  );
}

/**
 * The value of {@linkcode pack}.
 *
 * @throws {Error} when the bytes hold none.
 */
export function unpack(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}
