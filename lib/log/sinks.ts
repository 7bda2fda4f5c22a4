import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { getRotatingFileSink } from "@logtape/file";
import {
  getAnsiColorFormatter,
  getTextFormatter,
  type LogRecord,
  type Sink,
} from "@logtape/logtape";
import { refusePipe } from "../base/mod.ts";
import type { WriteLog } from "./record.ts";

/** A line of the log: `<UTC time> [<LEVEL>] <source>: <message>`; a record is always one line. */
const LINE = {
  timestamp: "rfc3339",
  level: "FULL",
  category: (category: readonly string[]) => category.slice(1).join(" "),
  sanitize: { newlines: "escape", sgr: "escape" },
} as const;

/** The path of the rotating log file, and how it is rotated. */
export interface LogFile {
  /** Its path; folders are made as needed. */
  path: string;
  /** Bytes at which a new file is begun. */
  maxSize: number;
  /** How many files are kept beside the current one, as `<path>.1` and so on. */
  keep: number;
}

/** How often to check that the file is still there, ms. */
const LOOK_EVERY = 1_000;

/**
 * A sink that writes each record at once to a rotating file. A file that was removed is created again. While the file
 * cannot be written records are dropped: `onFailure` is called once, and the file says how many, once it can be written.
 *
 * @param now the time, ms, on a monotonic clock.
 */
export function fileSink(
  file: LogFile,
  onFailure: (error: unknown) => void,
  now: () => number = () => performance.now(),
): Sink & Disposable {
  let sink: (Sink & Disposable) | undefined;
  let inode: number | undefined;
  let lost = 0;
  let looked = now();
  const reopen = () => {
    close(sink);
    sink = undefined;
    sink = openFile(file);
    inode = inodeOf(file.path);
  };
  const write: Sink = (record) => {
    try {
      if (!sink || isGone(file.path)) reopen();
      if (lost > 0) sink!(lostRecord(record, lost));
      lost = 0;
      sink!(record);
    } catch (error) {
      close(sink);
      sink = undefined;
      if (lost++ === 0) onFailure(error);
    }
  };
  /** Whether the open file was removed or replaced, at the last check. */
  const isGone = (path: string) => {
    if (now() - looked < LOOK_EVERY) return false;
    looked = now();
    const before = inode;
    inode = inodeOf(path);
    return inode !== before;
  };
  return Object.assign(write, { [Symbol.dispose]: () => close(sink) });
}

/** The file's inode, which differs from that of another file in its place; undefined when there is none. */
function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function lostRecord(record: LogRecord, lost: number): LogRecord {
  const message = `${lost} log records could not be written and are lost`;
  const category = [record.category[0]!, "agent"];
  return { ...record, category, level: "warning", message: [message], rawMessage: message };
}

function openFile({ path, maxSize, keep }: LogFile): Sink & Disposable {
  mkdirSync(dirname(path), { recursive: true });
  refusePipe(path);
  return getRotatingFileSink(path, {
    maxSize,
    maxFiles: keep,
    bufferSize: 0,
    formatter: getTextFormatter(LINE),
  });
}

/** Closes a sink. One whose file has failed may fail to close as well; that is ignored. */
function close(sink: Disposable | undefined): void {
  try {
    sink?.[Symbol.dispose]();
  } catch {
    return;
  }
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
