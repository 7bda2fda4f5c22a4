import type { ServiceManagerPlan } from "../service/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/level.ts";

/** What a thread is to run; plain data, posted once its worker stands. */
export interface Assignment {
  /** The thread's name. */
  thread: string;
  /** The name under which the daemon is registered. */
  daemon: string;
  /** The URL of its module. */
  module: string;
  /** Changes when the module does; the same module of another version is another plan. */
  version: string;
  /** The home folder, absolute. */
  home: string;
  /** Its arguments as configured, not yet checked. */
  arguments: Record<string, unknown>;
  /** Whether it is given the service manager. */
  services: boolean;
  /** The service manager. */
  serviceManager: ServiceManagerPlan;
  /** Records below this level stay in the thread. */
  logLevel: LogLevel;
}

/** What the agent tells a thread. */
export type ToThread = { type: "start"; assignment: Assignment } | { type: "stop" };

/** What a thread tells the agent. */
export type FromThread =
  | { type: "log"; level: LogLevel; message: string; time: number }
  | { type: "running" }
  | { type: "finished" }
  | { type: "failed"; error: string };

/** The message in what came from a thread; undefined when it is none, since a daemon may post what it likes. */
export function readFromThread(data: unknown): FromThread | undefined {
  const message = (data ?? {}) as Record<string, unknown>;
  switch (message.type) {
    case "running":
    case "finished":
      return { type: message.type };
    case "failed":
      return { type: "failed", error: String(message.error) };
    case "log": {
      const level = LOG_LEVELS.find((level) => level === message.level);
      const time = Number(message.time);
      if (level === undefined || !Number.isFinite(time)) return undefined;
      return { type: "log", level, message: String(message.message), time };
    }
    default:
      return undefined;
  }
}
