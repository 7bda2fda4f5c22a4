import type { LogLevel } from "./level.ts";

/** One log record. */
export interface LogEntry {
  /** Milliseconds since the Unix epoch. */
  time: number;
  /** How severe it is. */
  level: LogLevel;
  /** Who says it: a thread's name, or `agent`. */
  source: string;
  /** What is said; a line end in it is escaped. */
  message: string;
}

/** Takes log records. It never throws. */
export type WriteLog = (entry: LogEntry) => void;

/** The agent's own records, with `write` to take them. */
export function agentLog(
  write: WriteLog,
): Record<"debug" | "info" | "warning" | "error" | "fatal", (message: string) => void> {
  const at = (level: LogLevel) => (message: string) =>
    write({ time: Date.now(), level, source: "agent", message });
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    fatal: at("fatal"),
  };
}
