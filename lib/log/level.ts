/** The levels of log records, from the least to the most severe; LogTape's names. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** How severe a log record is. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Whether a record of `level` is to be kept where `lowest` is the least severe level wanted. */
export function isLogged(level: LogLevel, lowest: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(lowest);
}
