/**
 * The Windows event log: which records become events, and writing them.
 *
 * @module
 */
import { attempt } from "../base/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { advapi32 } from "./ffi/libraries.ts";
import { referring, wide } from "./ffi/memory.ts";
import { readRegistryValue, removeRegistryKey, writeRegistryKey } from "./registry_key.ts";

// winnt.h
const EVENTLOG_ERROR_TYPE = 1;
const EVENTLOG_WARNING_TYPE = 2;

/** The longest text of an event, in UTF-16 code units: Windows refuses 31,839 and more. */
const MAX_TEXT = 31_000;

/** How many events wait for the event log at most; the log file alone has those beyond. */
const MAX_WAITING = 100;

/** The source under which the agent's events stand in the Application log. */
const EVENT_SOURCE = "icinga-warden";

/** The registry key of the source, below `HKEY_LOCAL_MACHINE`. */
export const EVENT_SOURCE_KEY =
  `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${EVENT_SOURCE}`;

/**
 * Where the texts of the events are: `EventCreate.exe`, which every Windows has, holds for each number from 1 to 1000
 * the text `%1`, which stands for what the event itself says.
 */
export const EVENT_SOURCE_VALUES = {
  EventMessageFile: "%SystemRoot%\\System32\\EventCreate.exe",
  TypesSupported: 7,
} as const;

/** The source of the agent's events. */
export const eventSource = {
  isKnown: (): boolean => readRegistryValue(EVENT_SOURCE_KEY, "EventMessageFile") !== undefined,
  register: (): void => writeRegistryKey(EVENT_SOURCE_KEY, EVENT_SOURCE_VALUES),
  remove: (): void => removeRegistryKey(EVENT_SOURCE_KEY),
};

/**
 * The event that a log record becomes, its number and Windows' number of its kind: 100 a warning of the agent, 101 one of
 * a daemon, 200 an error of the agent, 201 one of a daemon, 300 what ends the agent. docs/windows.md lists them; the
 * meaning of a number never changes. Undefined: a record for the log file alone.
 */
export function eventOf(
  { level, source }: Pick<LogEntry, "level" | "source">,
): { id: number; type: number } | undefined {
  const ofDaemon = source === "agent" ? 0 : 1;
  if (level === "warning") return { id: 100 + ofDaemon, type: EVENTLOG_WARNING_TYPE };
  if (level === "error") return { id: 200 + ofDaemon, type: EVENTLOG_ERROR_TYPE };
  return level === "fatal" ? { id: 300, type: EVENTLOG_ERROR_TYPE } : undefined;
}

/** The text of a record's event. */
export function eventText({ source, message }: Pick<LogEntry, "source" | "message">): string {
  return source === "agent" ? message : `${source}: ${message}`;
}

/** The event log, open for writing. */
export interface EventLog {
  /** Writes a record if it is a warning or worse. Never throws; waits only for a fatal record. */
  write(entry: LogEntry): void;
  /** Resolves when all records are written or have failed; nothing is written afterwards. */
  close(): Promise<void>;
}

/**
 * Opens the event log. The log file has every record, whatever fails here.
 *
 * @param onTrouble called with one line that says how many events are missing; undefined: events are written again.
 */
export function openEventLog(
  onTrouble: (trouble: string | undefined) => void = () => {},
): EventLog {
  const source = attempt(
    () => advapi32().RegisterEventSourceW(null, wide(EVENT_SOURCE)),
    () => null,
  );
  if (source === null) onTrouble("Cannot open the Windows event log: no event is written");
  // Each promise with the memory that Windows reads until it resolves.
  const waiting = new Map<Promise<void>, Uint8Array>();
  const count = countMissing(onTrouble);
  let closed = source === null;
  return {
    write(entry) {
      const event = eventOf(entry);
      if (!event || closed) return;
      if (waiting.size >= MAX_WAITING) return count(false);
      const texts = referring(8, 0, wide(eventText(entry).slice(0, MAX_TEXT)));
      const { ReportEventW, ReportEventNow } = advapi32();
      const report = [source, event.type, 0, event.id, null, 1, 0, texts, null] as const;
      // The process may end before a call on another thread has.
      if (entry.level === "fatal") return void attempt(() => ReportEventNow(...report), () => {});
      // On another thread, since the service of the event log may be slow.
      const reported = ReportEventW(...report).then((done) => count(done !== 0), () => count(false))
        .finally(() => waiting.delete(reported));
      waiting.set(reported, texts);
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(waiting.keys());
      advapi32().DeregisterEventSource(source);
    },
  };
}

/** Counts events that are not written; returns what takes, for each event, whether it was. */
export function countMissing(
  onTrouble: (trouble: string | undefined) => void,
): (isWritten: boolean) => void {
  let missing = 0;
  return (isWritten) => {
    if (isWritten && missing === 0) return;
    missing = isWritten ? 0 : missing + 1;
    const events = missing === 1 ? "event is" : "events are";
    const trouble = `Cannot write the Windows event log: ${missing} ${events} missing`;
    onTrouble(isWritten ? undefined : trouble);
  };
}
