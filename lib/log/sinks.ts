import {
  getAnsiColorFormatter,
  getTextFormatter,
  type LogRecord,
  type Sink,
} from "@logtape/logtape";
import { type LogFile, RotatingFile, type RotatingFileParts } from "./file.ts";
import type { WriteLog } from "./record.ts";

/** A line of the log: `<UTC time> [<LEVEL>] <source>: <message>`; a record is always one line. */
const LINE = {
  timestamp: "rfc3339",
  level: "FULL",
  category: (category: readonly string[]) => category.slice(1).join(" "),
  sanitize: { newlines: "escape", sgr: "escape" },
} as const;

/** A sink that writes each record to a rotating file immediately, or keeps it until that is possible. */
export function fileSink(file: LogFile, parts: RotatingFileParts): Sink & Disposable {
  const rotating = new RotatingFile(file, parts);
  const format = getTextFormatter(LINE);
  return Object.assign((record: LogRecord) => rotating.append(format(record)), {
    [Symbol.dispose]: () => rotating[Symbol.dispose](),
  });
}

/** A sink that writes to standard output, in colour or plain. A closed pipe is not an error. */
export function consoleSink(colour: boolean): Sink {
  const format = colour ? getAnsiColorFormatter(LINE) : getTextFormatter(LINE);
  const encoder = new TextEncoder();
  return (record) => {
    try {
      writeAll(encoder.encode(format(record)));
    } catch {
      return;
    }
  };
}

function writeAll(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** Calls a listener, which never throws, with each record from now on. Returns an unsubscribe function. */
export type ListenToLog = (listener: WriteLog) => () => void;

/** A sink that calls listeners. */
export function tapSink(): { sink: Sink; listen: ListenToLog } {
  const listeners = new Set<WriteLog>();
  return {
    sink: ({ timestamp, level, category, rawMessage }) => {
      const source = category.slice(1).join(" ");
      const entry = { time: timestamp, level, source, message: String(rawMessage) };
      for (const listener of listeners) listener(entry);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
