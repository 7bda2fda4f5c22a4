import type { LogEntry } from "../log/mod.ts";

/** An event of the Windows event log. */
export interface EventKind {
  /** Its number; docs/windows.md lists them, and none ever changes its meaning. */
  id: number;
  /** Windows' `wType`. */
  type: number;
}

const ERROR_TYPE = 1;
const WARNING_TYPE = 2;

/**
 * The event that a log record becomes: 100 a warning of the agent, 101 one of a daemon, 200 an error of the agent,
 * 201 one of a daemon, 300 what ends the agent. Undefined: a record that stays in the log file.
 */
export function eventOf(
  { level, source }: Pick<LogEntry, "level" | "source">,
): EventKind | undefined {
  const isAgent = source === "agent";
  switch (level) {
    case "warning":
      return { id: isAgent ? 100 : 101, type: WARNING_TYPE };
    case "error":
      return { id: isAgent ? 200 : 201, type: ERROR_TYPE };
    case "fatal":
      return { id: 300, type: ERROR_TYPE };
    default:
      return undefined;
  }
}

/** What an event of a record says. */
export function eventText({ source, message }: Pick<LogEntry, "source" | "message">): string {
  return source === "agent" ? message : `${source}: ${message}`;
}
