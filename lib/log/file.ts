import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import {
  type Clock,
  counted,
  FileError,
  growingWait,
  plainError,
  refusePipe,
  systemClock,
} from "../base/mod.ts";
import { formatLogLine } from "./record.ts";

/** The path of the rotating log file, and how it is rotated. */
export interface LogFile {
  /** Its path; folders are made as needed. */
  path: string;
  /** Bytes at which a new file is begun. */
  maxSize: number;
  /** How many files are kept beside the current one, as `<path>.1` and so on. */
  keep: number;
}

/** What {@linkcode RotatingFile} needs beside its file. */
export interface RotatingFileParts {
  /** Told in one line what cannot be done, at each try that fails, and undefined when all works again. */
  onTrouble: (trouble: string | undefined) => void;
  /** Where time comes from. Default: the real clock. */
  clock?: Pick<Clock, "now" | "after">;
  /** Renames a file; one that is there is replaced. Default: the file system's own. */
  rename?: (from: string, to: string) => void;
}

/** How often to check that the file is still there, ms. */
const LOOK_EVERY = 1_000;

/** Bytes of lines that wait in memory while the file cannot be written; of more the oldest are lost. */
const MOST_WAITING = 1_048_576;

/**
 * A log file that is written line by line and rotated. No step that fails loses anything: while the file cannot be renamed,
 * lines go on into it beyond its size; while it cannot be written, they wait in memory. Either is tried again with growing
 * waits. A file that was removed is made anew.
 */
export class RotatingFile implements Disposable {
  readonly #options: LogFile;
  readonly #parts: Required<RotatingFileParts>;
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile | undefined;
  #size = 0;
  #inode: number | undefined;
  /** When the file was last checked, ms. */
  #looked = -Infinity;
  /** Lines that are not written yet; of the first some bytes may be. */
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lost = 0;
  /** Failures in a row to write, and what ends the wait for the next try; undefined while the file can be written. */
  #failures = 0;
  #retry: (() => void) | undefined;
  /** Failures in a row to rotate, and what ends the wait for the next try. */
  #held = 0;
  #rest: (() => void) | undefined;
  #isTroubled = false;

  /** The file is made with the first line. */
  constructor(
    options: LogFile,
    { clock = systemClock, rename = Deno.renameSync, onTrouble }: RotatingFileParts,
  ) {
    this.#options = options;
    this.#parts = { clock, rename, onTrouble };
  }

  /** Writes a line, or keeps it until that is possible. Never throws. */
  append(line: string): void {
    const bytes = this.#encoder.encode(line);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    while (this.#waitingBytes > MOST_WAITING && this.#waiting.length > 1) {
      this.#waitingBytes -= this.#waiting.splice(1, 1)[0]!.length; // The first may be half written.
      this.#lost++;
    }
    if (!this.#retry) this.#flush();
  }

  /** Writes what waits, if that is possible, and closes the file. */
  [Symbol.dispose](): void {
    if (this.#waiting.length > 0) this.#flush();
    this.#retry?.();
    this.#rest?.();
    this.#close();
  }

  #flush(): void {
    this.#retry?.();
    this.#retry = undefined;
    try {
      if (this.#held > 0) this.#rotateFor(0);
      this.#writeAll();
      this.#failures = 0;
      if (this.#held === 0) this.#tell(undefined);
    } catch (error) {
      this.#close();
      const lost = this.#lost === 0 ? "" : ` and ${this.#lost} are lost`;
      const waiting = counted(this.#waiting.length, "record");
      const missing = `${waiting} ${
        this.#waiting.length === 1 ? "waits" : "wait"
      } in memory${lost}`;
      this.#tell(`${new FileError("write", this.#options.path, error).message}; ${missing}`);
      this.#retry = this.#parts.clock.after(growingWait(this.#failures++), () => this.#flush());
    }
  }

  #writeAll(): void {
    for (let line = this.#waiting[0]; line; line = this.#waiting[0]) {
      if (!this.#file || this.#isGone()) this.#open();
      this.#rotateFor(line.length);
      const written = this.#file!.writeSync(line);
      this.#size += written;
      this.#waitingBytes -= written;
      if (written < line.length) this.#waiting[0] = line.subarray(written);
      else this.#waiting.shift();
      if (written === line.length && this.#lost > 0) this.#waiting.unshift(this.#takeLost());
    }
  }

  #takeLost(): Uint8Array {
    const message = `${this.#lost} log records could not be written and are lost`;
    this.#lost = 0;
    const entry = { time: Date.now(), level: "warning", source: "agent", message } as const;
    const line = this.#encoder.encode(`${formatLogLine(entry)}\n`);
    this.#waitingBytes += line.length;
    return line;
  }

  #open(): void {
    this.#close();
    const { path } = this.#options;
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (error) {
      throw new Error(`${dirname(path)} cannot be made: ${plainError(error)}`);
    }
    refusePipe(path);
    this.#file = Deno.openSync(path, { append: true, create: true });
    this.#size = this.#file.statSync().size;
    this.#inode = inodeOf(path);
    this.#looked = this.#parts.clock.now();
  }

  /** Whether the open file was removed or replaced, at the last check. */
  #isGone(): boolean {
    const now = this.#parts.clock.now();
    if (now - this.#looked < LOOK_EVERY) return false;
    this.#looked = now;
    return inodeOf(this.#options.path) !== this.#inode;
  }

  /**
   * Begins a new file when the current one has no room for so many bytes; goes on with it when that cannot be done. The
   * current file becomes `<path>.0` first: a program that holds it fails this step, before another file is touched. Then
   * the older files move up as far as the first free number; what a failed step leaves undone the next try does.
   */
  #rotateFor(bytes: number): void {
    const { path, keep } = this.#options;
    const isFull = this.#size > 0 && this.#size + bytes > this.#options.maxSize;
    if (this.#rest || (!isFull && this.#held === 0)) return;
    const nth = (n: number) => `${path}.${n}`;
    let move = [path, nth(0)] as const;
    const rename = (from: string, to: string) => this.#parts.rename(...move = [from, to]);
    const moveUp = () => {
      let free = 1;
      while (free < keep && inodeOf(nth(free)) !== undefined) free++;
      for (let n = free; n > 0; n--) rename(nth(n - 1), nth(n));
    };
    try {
      if (inodeOf(nth(0)) !== undefined) moveUp();
      if (isFull) {
        rename(path, nth(0));
        moveUp();
      }
      this.#held = 0;
    } catch (error) {
      const { message } = new FileError("rename", move.join(" to "), error);
      this.#tell(`${message}; the log grows until that is possible`);
      this.#rest = this.#parts.clock.after(growingWait(this.#held++), () => {
        this.#rest = undefined;
        if (!this.#retry) this.#flush();
      });
    }
    if (isFull && inodeOf(path) !== this.#inode) this.#open();
  }

  #tell(trouble: string | undefined): void {
    if (trouble === undefined && !this.#isTroubled) return;
    this.#isTroubled = trouble !== undefined;
    this.#parts.onTrouble(trouble);
  }

  /** Ignores an error of closing: a file that failed before may fail again. */
  #close(): void {
    try {
      this.#file?.close();
    } catch {
      // What was to be written is kept.
    }
    this.#file = undefined;
    this.#size = 0;
  }
}

/** The file's inode, which differs from that of another file in its place; undefined when there is none. */
function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
