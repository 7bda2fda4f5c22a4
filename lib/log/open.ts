import {
  configureSync,
  disposeSync,
  getAnsiColorFormatter,
  getLogger,
  getTextFormatter,
  type LogRecord,
  type Sink,
} from "@logtape/logtape";
import { sanitizeLines } from "../base/mod.ts";
import { type LogFile, RotatingFile, type RotatingFileParts } from "./file.ts";
import type { LogLevel, WriteLog } from "./record.ts";

const ROOT = "icinga-warden";

/** How the log is to be kept. */
export interface LogOptions {
  /** Records below it are dropped. */
  level: LogLevel;
  /** The rotating file. */
  file: LogFile;
  /** Whether records go to standard output too, and how; undefined: not at all. */
  console?: "colour" | "plain" | undefined;
  /** Told in one line what cannot be done with the file, at each try that fails, and undefined when all works again. */
  onTrouble: (trouble: string | undefined) => void;
}

/** Calls a listener, which never throws, with each record from now on. Returns an unsubscribe function. */
export type ListenToLog = (listener: WriteLog) => () => void;

/** An open log. */
export interface Log {
  /** Takes a record. */
  write: WriteLog;
  /** Hands every record that is kept to a listener, too. */
  listen: ListenToLog;
  /** Flushes and closes what is open; records written after that are dropped. */
  close(): void;
}

/** Opens the log; there is one in a process. The file is made with the first record. */
export function openLog({ level, file, console, onTrouble }: LogOptions): Log {
  const listeners = new Set<WriteLog>();
  const sinks: Record<string, Sink> = {
    listeners: ({ timestamp, level, category, rawMessage }) => {
      const source = category.slice(1).join(" ");
      const entry = { time: timestamp, level, source, message: String(rawMessage) };
      for (const listener of listeners) listener(entry);
    },
    file: fileSink(file, { onTrouble }),
  };
  if (console) sinks.console = consoleSink(console === "colour");
  configureSync({
    reset: true,
    sinks,
    loggers: [
      { category: ROOT, lowestLevel: level, sinks: Object.keys(sinks) },
      { category: ["logtape", "meta"], lowestLevel: null },
    ],
  });
  const listen: ListenToLog = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { write, listen, close: disposeSync };
}

const write: WriteLog = ({ time, level, source, message: said }) => {
  const message = sanitizeLines(said);
  getLogger([ROOT, source]).emit({
    timestamp: time,
    level,
    message: [message],
    rawMessage: message,
    properties: {},
  });
};

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
function consoleSink(colour: boolean): Sink {
  const format = colour ? getAnsiColorFormatter(LINE) : getTextFormatter(LINE);
  const encoder = new TextEncoder();
  return (record) => {
    try {
      writeAll(encoder.encode(format(record)));
    } catch {
      // Nobody reads any more.
    }
  };
}

function writeAll(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
