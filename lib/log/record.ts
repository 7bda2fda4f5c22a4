import { refusePipe } from "../base/mod.ts";

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

/** Which records are wanted. */
export interface LogFilter {
  /** The least severe. */
  level?: LogLevel | undefined;
  /** Only those of a daemon's threads. */
  daemon?: string | undefined;
}

/** As much of the file's end is read, bytes. */
const TAIL_SIZE = 256 * 1024;

/** Whether a record is wanted. */
export function isWanted({ level, source }: LogEntry, filter: LogFilter): boolean {
  return isLogged(level, filter.level ?? "trace") &&
    (filter.daemon === undefined || source.startsWith(`${filter.daemon}::`));
}

/**
 * The last records of a log file that are wanted, the oldest first, from its last 256 KB; none when there is no
 * file. Reads synchronously, so that a record is either in the file or yet to come.
 *
 * @param lines how many records at most.
 */
export function readLogTail(path: string, lines: number, filter: LogFilter): LogEntry[] {
  const entries = inOrder(readEnd(path).split("\n").flatMap((line) => parseLogLine(line) ?? []));
  const wanted = entries.filter((entry) => isWanted(entry, filter));
  return wanted.slice(Math.max(0, wanted.length - lines));
}

/** How much later than another one a record of an earlier moment may arrive, ms. */
const LATE = 10_000;

/**
 * Records in the order of their times: those of threads arrive a moment after the agent's own. Where the host's clock
 * was set back, they stay as they are.
 */
export function inOrder(entries: readonly LogEntry[]): LogEntry[] {
  const ordered: LogEntry[] = [];
  for (const entry of entries) {
    let at = ordered.length;
    const isLater = ({ time }: LogEntry) => time > entry.time && time - entry.time <= LATE;
    while (at > 0 && isLater(ordered[at - 1]!)) at--;
    ordered.splice(at, 0, entry);
  }
  return ordered;
}

function readEnd(path: string): string {
  try {
    refusePipe(path);
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - TAIL_SIZE), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, TAIL_SIZE));
    const count = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
