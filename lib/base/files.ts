import { type Clock, systemClock } from "./clock.ts";
import { errorMessage, plainError } from "./errors.ts";

/** Something could not be done with a file: `Cannot write C:\…\state.json: access is denied`. */
export class FileError extends Error {
  override name = "FileError";
  /** The file's path. */
  readonly path: string;
  /** Why not, without the path. */
  readonly reason: string;

  /** @param action what was being done, after "Cannot". */
  constructor(action: string, path: string, cause: unknown) {
    const plain = plainError(cause).replace(/: \w+ '.*'$/s, ""); // Deno ends it with the path.
    // What is written need not be there before.
    const isFolderGone = action === "write" && plain === "it does not exist";
    const reason = isFolderGone ? "its folder does not exist" : plain;
    super(`Cannot ${action} ${path}: ${reason}`, { cause });
    this.path = path;
    this.reason = reason;
  }
}

/**
 * Refuses a pipe or a socket, on which a reader would wait without end. A path without a file is accepted.
 *
 * @throws {Error} when `path` is a pipe or a socket, or cannot be read.
 */
export function refusePipe(path: string): void {
  try {
    const { isFifo, isSocket } = Deno.statSync(path);
    if (!isFifo && !isSocket) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
  throw new Error("it is a pipe or a socket; expected a file");
}

/** What {@linkcode replaceFile} needs of the file system. */
export interface FileSystem {
  /** Makes a new file, readable and writable as `mode` says (not on Windows), and opens it to write. */
  create(path: string, mode: number): Promise<WritableFile>;
  /** Renames a file; one that is there is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  remove(path: string): Promise<void>;
  /** Writes a folder's entries to the disk. */
  syncFolder(path: string): Promise<void>;
  /** Whether a step failed because another program holds the file, and may succeed a moment later. */
  isHeld(error: unknown): boolean;
}

/** A file that is being written. */
export type WritableFile = Pick<Deno.FsFile, "write" | "sync" | "close">;

/** How a file is replaced. */
export interface ReplaceOptions {
  /** The new file's mode, not on Windows. Default: the old file's, or 0o644. */
  mode?: number;
  /** Called with the path of the new file while that is empty, to narrow who may read it. */
  protect?: (path: string) => void | Promise<void>;
  /** Whether the new content is on the disk before it takes the place of the old. Default: true. */
  flush?: boolean;
  /** Where time comes from. Default: the real clock. */
  clock?: Pick<Clock, "now" | "sleep">;
  /** Default: the real file system. */
  files?: FileSystem;
}

/** How long a step is tried again while another program holds the file, ms. */
const HELD_LIMIT = 2_000;

/** The wait between two tries, ms. */
const HELD_WAIT = 50;

/**
 * Replaces a file's content, or makes the file: the content is written to `<path>.new`, flushed, and renamed. A reader
 * of the file finds the old content or the new one, also after a power failure. On Windows a virus scanner or a
 * backup may hold the file for a moment: each step is tried again for 2 s.
 *
 * @throws {FileError} when that is not possible; the old file is unchanged, and `<path>.new` is removed.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  const { flush = true, protect, clock = systemClock, files = systemFiles } = options;
  const fresh = `${path}.new`;
  try {
    const mode = options.mode ?? await modeOf(path);
    const file = await whileHeld(() => createAnew(files, fresh, mode), files, clock);
    try {
      await protect?.(fresh);
      for (let rest = bytesOf(content); rest.length > 0;) {
        rest = rest.subarray(await file.write(rest));
      }
      if (flush) await file.sync();
    } finally {
      file.close();
    }
    await renameFile(fresh, path, files, clock);
    // Not every file system can do that, and the file is in place.
    if (flush) await files.syncFolder(folderOf(path)).catch(() => {});
  } catch (error) {
    await files.remove(fresh).catch(() => {});
    throw new FileError("write", path, error);
  }
}

/**
 * The same as {@linkcode replaceFile}, synchronously and with the real file system; it blocks the thread.
 * For a few bytes at the start and the end of a run.
 *
 * @throws {FileError} when that is not possible; the old file is unchanged, and `<path>.new` is removed.
 */
export function replaceFileSync(path: string, content: string, mode = 0o644): void {
  const fresh = `${path}.new`;
  try {
    {
      using file = whileHeldSync(() => createAnewSync(fresh, mode));
      for (let rest = bytesOf(content); rest.length > 0;) {
        rest = rest.subarray(file.writeSync(rest));
      }
      file.syncSync();
    }
    whileHeldSync(() => Deno.renameSync(fresh, path));
  } catch (error) {
    removeIfThere(fresh);
    throw new FileError("write", path, error);
  }
}

/**
 * Renames a file; one that is there is replaced. On Windows it is tried again for 2 s while another program holds a file.
 *
 * @throws {Error} the file system's own, when that is not possible.
 */
export function renameFile(
  from: string,
  to: string,
  files: Pick<FileSystem, "rename" | "isHeld"> = systemFiles,
  clock: Pick<Clock, "now" | "sleep"> = systemClock,
): Promise<void> {
  return whileHeld(() => files.rename(from, to), files, clock);
}

/**
 * Reads a file. On Windows it is tried again for 2 s while another program has it open and shares it with no one.
 *
 * @throws {Error} the file system's own, when that is not possible.
 */
export function readWhenFree(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return whileHeld(() => Deno.readFile(path), { isHeld: isUnshared }, systemClock);
}

/** The same as {@linkcode readWhenFree} for a text, synchronously: it blocks the thread. For the start of a run. */
export function readTextWhenFreeSync(path: string): string {
  return whileHeldSync(() => Deno.readTextFileSync(path), isUnshared);
}

/** ERROR_SHARING_VIOLATION, winerror.h. To a reader ERROR_ACCESS_DENIED means that it lacks the right. */
function isUnshared(error: unknown): boolean {
  return errorMessage(error).includes("(os error 32)");
}

/** What is left of an earlier try goes first: its mode or owner may be another, or it is a pipe or a link. */
async function createAnew(files: FileSystem, path: string, mode: number): Promise<WritableFile> {
  await files.remove(path).catch((error) => {
    if (files.isHeld(error)) throw error;
  });
  return await files.create(path, mode);
}

function createAnewSync(path: string, mode: number): Deno.FsFile {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (systemFiles.isHeld(error)) throw error;
  }
  return Deno.openSync(path, { write: true, createNew: true, mode });
}

async function whileHeld<T>(
  step: () => Promise<T>,
  files: Pick<FileSystem, "isHeld">,
  clock: Pick<Clock, "now" | "sleep">,
): Promise<T> {
  for (const end = clock.now() + HELD_LIMIT;;) {
    try {
      return await step();
    } catch (error) {
      if (!files.isHeld(error) || clock.now() >= end) throw error;
    }
    await clock.sleep(HELD_WAIT);
  }
}

function whileHeldSync<T>(step: () => T, isHeld = systemFiles.isHeld): T {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + HELD_LIMIT;;) {
    try {
      return step();
    } catch (error) {
      if (!isHeld(error) || performance.now() >= end) throw error;
    }
    Atomics.wait(pause, 0, 0, HELD_WAIT);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // If it cannot be removed, the next step fails and reports why.
  }
}

async function modeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ mode }) => (mode ?? 0o644) & 0o777, () => 0o644);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function folderOf(path: string): string {
  return path.replace(/[^/]*$/, "") || ".";
}

const isWindows = Deno.build.os === "windows";

/** The real file system. */
export const systemFiles: FileSystem = {
  create: (path, mode) => Deno.open(path, { write: true, createNew: true, mode }),
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
  async syncFolder(path) {
    if (isWindows) return; // A folder cannot be opened there, and a rename needs no flush.
    using folder = await Deno.open(path);
    await folder.sync();
  },
  // ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION, winerror.h.
  isHeld: (error) => isWindows && /\(os error (?:5|32)\)/.test(errorMessage(error)),
};
