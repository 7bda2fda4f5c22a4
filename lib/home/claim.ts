import { join } from "node:path";
import { errorMessage, refusePipe } from "../base/mod.ts";
import { describeBadEnd, parseRecord, type RunRecord } from "./record.ts";

const LOCK = "icinga-warden.lock";
const RECORD = "icinga-warden.run.json";

/** Another agent runs in this home; the message says which. */
export class HomeInUseError extends Error {
  override name = "HomeInUseError";
}

/** A home that this process has to itself. */
export interface Claim {
  /** How the last run of this home ended; undefined when there was none. */
  lastEnd: "clean" | "unclean" | undefined;
  /** What there is to say about the last run, and about what keeps this one from having home to itself. */
  problems: string[];
  /**
   * Gives home up.
   *
   * @param reason why the run breaks off; none: it has come to its end.
   */
  release(reason?: string): void;
}

/**
 * Claims a home for this process: a lock that the system gives back however the process ends, and beside it a
 * record of who holds it. Where neither can be written, the run goes on without them.
 *
 * @throws {HomeInUseError} when another process has claimed it.
 */
export function claimHome(home: string, now: Date = new Date()): Claim {
  const file = join(home, RECORD);
  const last = read(file);
  const problems: string[] = [];
  const lock = takeLock(join(home, LOCK), problems);
  if (lock === "taken") throw new HomeInUseError(describeHolder(home, last));
  const badEnd = last === undefined ? undefined : describeBadEnd(last.record);
  if (badEnd !== undefined) problems.unshift(badEnd);
  const record: RunRecord = { pid: Deno.pid, started: now.toISOString() };
  const unwritten = write(file, record);
  if (unwritten !== undefined && lock !== undefined) problems.push(unwritten);
  return {
    lastEnd: last && (badEnd === undefined ? "clean" : "unclean"),
    problems,
    release(reason) {
      const end = reason === undefined ? { ended: new Date().toISOString() } : { reason };
      write(file, { ...record, ...end });
      lock?.close();
    },
  };
}

/** The lock's file, locked; undefined when it cannot be had at all. */
function takeLock(path: string, problems: string[]): Deno.FsFile | "taken" | undefined {
  let file: Deno.FsFile | undefined;
  try {
    refusePipe(path);
    file = Deno.openSync(path, { create: true, read: true, write: true });
    if (file.tryLockSync(true)) return file;
    file.close();
    return "taken";
  } catch (error) {
    file?.close();
    problems.push(
      `Cannot lock ${path}, so that a second agent is not noticed: ${errorMessage(error)}`,
    );
    return undefined;
  }
}

function describeHolder(home: string, last: ReturnType<typeof read>): string {
  const holder = last?.record;
  const who = holder ? `process ${holder.pid}, started ${holder.started}` : "another process";
  return `Home '${home}' is in use by ${who}; stop that one, or give this one another --home`;
}

/** The record in a file; undefined when there is no such file, or none that can be read. */
function read(file: string): { record: RunRecord | undefined } | undefined {
  try {
    refusePipe(file);
    return { record: parseRecord(Deno.readTextFileSync(file)) };
  } catch {
    return undefined;
  }
}

/** Writes a record as a whole or not at all; returns why it could not. */
function write(file: string, record: RunRecord): string | undefined {
  try {
    refusePipe(`${file}.new`);
    Deno.writeTextFileSync(`${file}.new`, `${JSON.stringify(record)}\n`);
    Deno.renameSync(`${file}.new`, file);
    return undefined;
  } catch (error) {
    return `Cannot write ${file}: ${errorMessage(error)}`;
  }
}
