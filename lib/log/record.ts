/** The levels of log records, from the least to the most severe; LogTape's names. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** How severe a log record is. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Whether a record of `level` is kept where `lowest` is the least severe level that is wanted. */
export function isLogged(level: LogLevel, lowest: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(lowest);
}

/** One log record. */
export interface LogEntry {
  /** Milliseconds since the Unix epoch. */
  time: number;
  /** How severe it is. */
  level: LogLevel;
  /** Who logs it: a thread's name, or `agent`. */
  source: string;
  /** The text; the log file has a line end in it escaped. */
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

const LINE = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) \[([A-Z]+)\] (\S+): (.*)$/;

/** The record that a line of the log file holds; undefined when it holds none. */
export function parseLogLine(line: string): LogEntry | undefined {
  const [, time, name, source, message] = LINE.exec(line) ?? [];
  const level = LOG_LEVELS.find((level) => level.toUpperCase() === name);
  if (time === undefined || level === undefined) return undefined;
  return { time: Date.parse(time), level, source: source!, message: message! };
}

/** A record as the log file holds it. */
export function formatLogLine({ time, level, source, message }: LogEntry): string {
  return `${new Date(time).toISOString()} [${level.toUpperCase()}] ${source}: ${message}`;
}
