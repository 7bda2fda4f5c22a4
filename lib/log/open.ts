import { configureSync, disposeSync, getLogger, type Sink } from "@logtape/logtape";
import { sanitizeLines } from "../base/mod.ts";
import type { LogLevel, WriteLog } from "./record.ts";
import type { LogFile } from "./file.ts";
import { consoleSink, fileSink, type ListenToLog, tapSink } from "./sinks.ts";

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
  const tap = tapSink();
  const sinks: Record<string, Sink> = {
    tap: tap.sink,
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
  return { write, listen: tap.listen, close: disposeSync };
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
