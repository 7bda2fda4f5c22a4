/**
 * The Windows event log, by FFI.
 *
 * @module
 */
import type { LogEntry } from "../log/mod.ts";
import { type EventKind, eventOf, eventText } from "./event_numbers.ts";
import { EVENT_SOURCE, EVENT_SOURCE_KEY, EVENT_SOURCE_VALUES } from "./event_source.ts";
import { lazy, referring, wide } from "./ffi.ts";
import { readRegistryText, removeRegistryKey, writeRegistry } from "./registry.ts";

/** The longest text of an event, in UTF-16 code units: Windows refuses 31,839 and more. */
const MAX_TEXT = 31_000;

/** How many events wait for the event log at most; those beyond are in the log file alone. */
const MAX_WAITING = 100;

const REPORT_EVENT = [
  ...["pointer", "u16", "u16", "u32", "pointer", "u16", "u32"] as const,
  ...["buffer", "pointer"] as const,
] as const;

const advapi32 = lazy(() =>
  Deno.dlopen("advapi32.dll", {
    RegisterEventSourceW: { parameters: ["pointer", "buffer"], result: "pointer" },
    DeregisterEventSource: { parameters: ["pointer"], result: "i32" },
    ReportEventW: { parameters: REPORT_EVENT, result: "i32", nonblocking: true },
    ReportEventNow: { name: "ReportEventW", parameters: REPORT_EVENT, result: "i32" },
  }).symbols
);

/** Makes the source of the agent's events known. */
export function registerEventSource(): void {
  writeRegistry(EVENT_SOURCE_KEY, EVENT_SOURCE_VALUES);
}

/** Whether the source of the agent's events is known. */
export function hasEventSource(): boolean {
  return readRegistryText(EVENT_SOURCE_KEY, "EventMessageFile") !== undefined;
}

/** Makes the source of the agent's events unknown. */
export function removeEventSource(): void {
  removeRegistryKey(EVENT_SOURCE_KEY);
}

/** The event log, open for writing. */
export interface EventLog {
  /** Writes a record, if it is a warning or worse. Never throws; waits only for what ends the agent. */
  write(entry: LogEntry): void;
  /** Resolves when what was written is there, or has failed; nothing is written afterwards. */
  close(): Promise<void>;
}

/** Opens the event log. Whatever fails, fails silently: the log file has every record. */
export function openEventLog(): EventLog {
  const source = attempt(() => advapi32().RegisterEventSourceW(null, wide(EVENT_SOURCE)));
  // Each with what Windows reads meanwhile, which is to stay alive as long.
  const waiting = new Map<Promise<void>, Uint8Array>();
  let closed = source === undefined || source === null;
  return {
    write(entry) {
      const event = eventOf(entry);
      if (!event || closed || waiting.size >= MAX_WAITING) return;
      const texts = referring(8, 0, wide(eventText(entry).slice(0, MAX_TEXT)));
      if (entry.level === "fatal") return reportNow(source!, event, texts);
      const reported = report(source!, event, texts).finally(() => waiting.delete(reported));
      waiting.set(reported, texts);
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(waiting.keys());
      advapi32().DeregisterEventSource(source!);
    },
  };
}

/** Runs on another thread, for the event log's service may be slow. */
async function report(
  source: Deno.PointerValue,
  { id, type }: EventKind,
  texts: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await advapi32().ReportEventW(source, type, 0, id, null, 1, 0, texts, null).catch(() => {});
}

/** The process may end before a call on another thread has. */
function reportNow(
  source: Deno.PointerValue,
  { id, type }: EventKind,
  texts: Uint8Array<ArrayBuffer>,
): void {
  attempt(() => advapi32().ReportEventNow(source, type, 0, id, null, 1, 0, texts, null));
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
