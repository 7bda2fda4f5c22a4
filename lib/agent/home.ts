import { join } from "node:path";
import {
  attempt,
  FileError,
  readTextWhenFreeSync,
  refusePipe,
  replaceFileSync,
} from "../base/mod.ts";
import type { AgentTrouble, ReportTrouble } from "../daemon/mod.ts";

/** Where an agent's files are. */
export interface AgentPaths {
  /** The home folder, absolute. */
  home: string;
  /** The configuration file, absolute. */
  configFile: string;
  /** Whether the user named the file: then it must exist. */
  configNamed: boolean;
  /** The folder of what the agent writes: its lock, log, saved state and tokens. Default: home. */
  files?: string;
}

const LOCK = "icinga-warden.lock";
const RECORD = "icinga-warden.run.json";

/** Another agent runs from this home, or may run; the message names it, and what to do. */
export class HomeInUseError extends Error {
  override name = "HomeInUseError";
}

/**
 * Claims a home for this process: it locks a file, which the system unlocks however the process ends, and writes a
 * record of who holds the lock. Where neither can be made, the run goes on without them.
 *
 * @param report called when there is no lock or no record.
 * @throws {HomeInUseError} when another process has claimed it, or this account may not find out.
 */
export function claimHome(home: string, report: ReportTrouble): Claim {
  const last = read(join(home, RECORD));
  const lock = takeLock(join(home, LOCK), (text) => report("lock", text));
  if (lock === "taken") throw new HomeInUseError(describeHolder(home, last));
  return new Claim(home, report, lock, last);
}

/** A home that no other agent can use while this process runs. */
export class Claim {
  /** How the last run of this home ended; undefined when there was none. */
  readonly lastEnd: "clean" | "unclean" | undefined;
  /** How the last run did not stop cleanly, in one sentence; undefined when it did not. */
  readonly badEnd: string | undefined;
  /** Whether the last run was ended while it stopped. */
  readonly wasCutShort: boolean;
  readonly #home: string;
  readonly #report: ReportTrouble;
  readonly #record: RunRecord = { pid: Deno.pid, started: new Date().toISOString() };
  #lock: Deno.FsFile | undefined;
  #isSaved: boolean;

  /** See {@linkcode claimHome}, which makes it. */
  constructor(
    home: string,
    report: ReportTrouble,
    lock: Deno.FsFile | undefined,
    last: ReturnType<typeof read>,
  ) {
    this.#home = home;
    this.#report = report;
    this.#lock = lock;
    this.badEnd = last && describeBadEnd(last.record);
    this.lastEnd = last && (this.badEnd === undefined ? "clean" : "unclean");
    this.wasCutShort = isCutShort(last?.record);
    this.#isSaved = this.#save();
  }

  /** Records the request to stop, so that the next run knows of it even if this process is killed. */
  stopping(): void {
    this.#record.stopping = new Date().toISOString();
    this.#save();
  }

  /**
   * Tries again to lock home and to record the run, where that failed before or somebody has removed the lock's file.
   * False when it fails again.
   */
  retry(): boolean {
    if (this.#lock && isReplaced(this.#lock, join(this.#home, LOCK))) {
      this.#lock.close();
      this.#lock = undefined;
      this.#isSaved = false;
    }
    return (this.#lock !== undefined || this.#lockAgain()) && (this.#isSaved ||= this.#save());
  }

  /** Records why commands are not served, since a command cannot ask the agent then; undefined: they are served. */
  unserved(text: string | undefined): void {
    const since = this.#record.unserved?.since ?? new Date().toISOString();
    this.#record.unserved = text === undefined ? undefined : { since, text };
    this.#isSaved = this.#save();
  }

  /**
   * Unlocks home and records the end of the run.
   *
   * @param reason why the run failed. Default: it ended as it should.
   */
  release(reason?: string): void {
    const end = reason === undefined ? { ended: new Date().toISOString() } : { reason };
    write(join(this.#home, RECORD), { ...this.#record, ...end });
    this.#lock?.close();
  }

  /** Without a lock nothing can be written here, and the trouble of kind `lock` reports that. */
  #save(): boolean {
    const why = write(join(this.#home, RECORD), this.#record);
    if (this.#lock !== undefined) this.#report("record", why);
    return why === undefined;
  }

  #lockAgain(): boolean {
    const warn = (text: string) => this.#report("lock", text);
    const found = attempt(() => takeLock(join(this.#home, LOCK), warn), () => undefined);
    if (found === "taken") warn(`A second agent runs from ${this.#home}; stop one of them`);
    if (found === undefined || found === "taken") return false;
    this.#lock = found;
    this.#report("lock", undefined);
    return true;
  }
}

/**
 * Opens and locks the lock's file; undefined when there is none and it cannot be made.
 *
 * @throws {HomeInUseError} when there is one, and this account may not open it.
 */
function takeLock(path: string, warn: (text: string) => void): Deno.FsFile | "taken" | undefined {
  let file: Deno.FsFile | undefined;
  try {
    refusePipe(path);
    file = Deno.openSync(path, { create: true, read: true, write: true });
    if (file.tryLockSync(true)) return file;
    file.close();
    return "taken";
  } catch (error) {
    file?.close();
    if (error instanceof Deno.errors.PermissionDenied && isFile(path)) {
      throw new HomeInUseError(
        `${
          new FileError("open", path, error).message
        }; an agent of another account may run there. Start this one with that account or as administrator, or give it another --home`,
      );
    }
    warn(`${new FileError("lock", path, error).message}; a second agent would not be noticed`);
    return undefined;
  }
}

/** Whether a file was removed or replaced since it was opened. False when the system does not report that. */
function isReplaced(file: Deno.FsFile, path: string): boolean {
  try {
    return Deno.statSync(path).ino !== file.statSync().ino;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function isFile(path: string): boolean {
  return attempt(() => Deno.statSync(path).isFile, () => false);
}

function describeHolder(home: string, last: ReturnType<typeof read>): string {
  const holder = last?.record;
  const who = holder ? `process ${holder.pid}, started ${holder.started}` : "another process";
  return `Home '${home}' is in use by ${who}; stop that one, or give this one another --home`;
}

/** Reads the record in a file; undefined when there is no such file, or it cannot be read. */
function read(file: string): { record: RunRecord | undefined } | undefined {
  return attempt(() => {
    refusePipe(file);
    return { record: parseRecord(readTextWhenFreeSync(file)) };
  }, () => undefined);
}

/** Writes a record; returns why it could not. */
function write(file: string, record: RunRecord): string | undefined {
  const text = `${JSON.stringify(record)}\n`;
  return attempt(() => void replaceFileSync(file, text), (why) => why);
}

/** What is written about a run of the agent, in home, so that the next one knows how it ended. */
export interface RunRecord {
  /** The process id. */
  pid: number;
  /** When it was started, UTC ISO 8601. */
  started: string;
  /** When it was asked to stop, UTC ISO 8601. */
  stopping?: string;
  /** Why it serves no commands; absent while it does. */
  unserved?: AgentTrouble | undefined;
  /** When it ended, UTC ISO 8601; absent while it runs, and after it failed. */
  ended?: string;
  /** Why it failed, where that is known. */
  reason?: string;
}

/** Reads a record; undefined when it is damaged, for example cut short by a full disk. */
export function parseRecord(text: string): RunRecord | undefined {
  try {
    const { pid, started, stopping, unserved, ended, reason } = JSON.parse(text) ?? {};
    if (!Number.isSafeInteger(pid) || typeof started !== "string") return undefined;
    return {
      pid,
      started,
      ...(typeof stopping === "string" && { stopping }),
      ...(typeof unserved?.text === "string" && { unserved }),
      ...(typeof ended === "string" && { ended }),
      ...(typeof reason === "string" && { reason }),
    };
  } catch {
    return undefined;
  }
}

/**
 * Why the agent of a home, running or killed, serves no commands, in one sentence. Undefined when it serves them, or
 * when there is no agent.
 */
export function readUnserved(home: string): string | undefined {
  const { pid, unserved, ended, reason } = read(join(home, RECORD))?.record ?? {};
  if (!unserved || ended !== undefined || reason !== undefined) return undefined;
  return `Process ${pid} has tried since ${unserved.since}: ${unserved.text}`;
}

function isCutShort(record: RunRecord | undefined): boolean {
  const { stopping, ended, reason } = record ?? {};
  return stopping !== undefined && ended === undefined && reason === undefined;
}

/** In one sentence, how a run did not stop cleanly; undefined when it ended well. */
export function describeBadEnd(record: RunRecord | undefined): string | undefined {
  if (!record) return "The last run did not stop cleanly: its record cannot be read";
  const { pid, started, stopping, ended, reason } = record;
  if (ended !== undefined && reason === undefined) return undefined;
  const why = isCutShort(record)
    ? `its stop, asked for at ${stopping}, was cut short: the process was ended before it was over`
    : reason ?? "it was killed, or the machine went down";
  return `The last run (process ${pid}, started ${started}) did not stop cleanly: ${why}`;
}
