import type { LogEntry } from "./entry.ts";
import { LOG_LEVELS } from "./level.ts";

const LINE = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) \[([A-Z]+)\] (\S+): (.*)$/;

/** The record that a line of the log file holds; undefined when it is none. */
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
