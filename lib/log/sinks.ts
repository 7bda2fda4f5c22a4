import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { getRotatingFileSink } from "@logtape/file";
import { getAnsiColorFormatter, getTextFormatter, type Sink } from "@logtape/logtape";

/** A line of the log: `<UTC time> [<LEVEL>] <source>: <message>`; a record is always one line. */
const LINE = {
  timestamp: "rfc3339",
  level: "FULL",
  category: (category: readonly string[]) => category.slice(1).join(" "),
  sanitize: { newlines: "escape", sgr: "escape" },
} as const;

/** Where the rotating log file lies, and how it is rotated. */
export interface LogFile {
  /** Its path; folders are made as needed. */
  path: string;
  /** Bytes at which a new file is begun. */
  maxSize: number;
  /** How many files are kept beside the current one, as `<path>.1` and so on. */
  keep: number;
}

/**
 * A sink that writes to a rotating file, each record at once. While the file cannot be written the records are
 * dropped; `onFailure` is told once, and again after the next success.
 */
export function fileSink(file: LogFile, onFailure: (error: unknown) => void): Sink & Disposable {
  let sink: (Sink & Disposable) | undefined;
  let failing = false;
  const write: Sink = (record) => {
    try {
      sink ??= openFile(file);
      sink(record);
      failing = false;
    } catch (error) {
      close(sink);
      sink = undefined;
      if (!failing) onFailure(error);
      failing = true;
    }
  };
  return Object.assign(write, { [Symbol.dispose]: () => close(sink) });
}

function openFile({ path, maxSize, keep }: LogFile): Sink & Disposable {
  mkdirSync(dirname(path), { recursive: true });
  return getRotatingFileSink(path, {
    maxSize,
    maxFiles: keep,
    bufferSize: 0,
    formatter: getTextFormatter(LINE),
  });
}

/** A sink whose file has failed may fail to close as well; there is nothing left to do about that. */
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
