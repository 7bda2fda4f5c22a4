import { Buffer } from "node:buffer";
import { type Clock, within } from "../base/mod.ts";
import { outputLimit } from "./output.ts";

/** How a child process has ended. */
export interface ChildResult {
  /** Its exit code. */
  code: number;
  /** The first bytes of its standard output. */
  stdout: Uint8Array;
  /** The same of its standard error; empty where that is not read. */
  stderr: Uint8Array;
}

/** Asks for the end of a child process and of all that it has started. */
export type EndTree = (pid: number) => void;

/** How long the end of a child's tree is awaited before the child alone is killed, ms. */
const TREE_PATIENCE = 2_000;

/** How a child process is run. */
export interface ChildOptions {
  /** Its folder, and variables of its environment beside the agent's. */
  place?: Pick<Deno.CommandOptions, "cwd" | "env">;
  /** Milliseconds after which it is killed. */
  limit: number;
  /** Ends a process with all that it has started, soon after it was called. Default: the child alone is killed. */
  endTree?: EndTree | undefined;
  /** Where the limit takes its time from. */
  clock: Clock;
  /** Leaves its standard error unread: each pipe costs the agent some processor time. */
  withoutErrors?: boolean;
  /** How many bytes of its standard output are kept, and of its standard error. Default: {@linkcode outputLimit}. */
  most?: number;
  /** Kills it on abort. */
  signal?: AbortSignal;
}

/** Milliseconds that output is awaited after the child has ended: a grandchild may hold the pipe. */
const grace = 500;

/**
 * Runs a program to its end, without a shell and without input; `undefined` if it was killed at the limit.
 *
 * @throws {unknown} the signal's reason on abort, or Deno's error if the program cannot be run.
 */
export async function runChild(
  program: string,
  args: string[],
  { limit, clock, withoutErrors, signal, endTree, place, most }: ChildOptions,
): Promise<ChildResult | undefined> {
  signal?.throwIfAborted();
  const child = new Deno.Command(program, {
    ...place,
    args,
    stdin: "null",
    stdout: "piped",
    stderr: withoutErrors ? "null" : "piped",
  }).spawn();
  const streams = withoutErrors ? [child.stdout] : [child.stdout, child.stderr];
  const outputs = streams.map((stream) => new Output(stream, most));
  let status: Deno.CommandStatus | undefined;
  try {
    status = await within(child.status, { ms: limit, clock, signal });
    if (!status) return undefined;
    await within(Promise.all(outputs.map((output) => output.ended)), { ms: grace, clock, signal });
    const [stdout, stderr] = outputs.map(({ parts }) => Buffer.concat(parts));
    return { code: status.code, stdout: stdout!, stderr: stderr ?? new Uint8Array() };
  } finally {
    if (!status) await end(child, clock, endTree);
    await Promise.all(outputs.filter((output) => output.isOpen).map((output) => output.cancel()));
  }
}

/** Kills the child unless it has ended, with what it has started if it can; resolves once it has ended. */
async function end(child: Deno.ChildProcess, clock: Clock, endTree?: EndTree): Promise<void> {
  if (endTree) {
    endTree(child.pid);
    if (await within(child.status, { ms: TREE_PATIENCE, clock })) return;
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
  await child.status;
}

/** Reads a stream to its end and keeps its first bytes. */
class Output {
  /** What is kept. */
  readonly parts: Uint8Array[] = [];
  /** Resolves when the stream has ended, failed, or was cancelled. */
  readonly ended: Promise<void>;
  /** Whether more may come. */
  isOpen = true;
  readonly #reader: ReadableStreamBYOBReader;
  #room: number;

  constructor(stream: ReadableStream<Uint8Array>, most = outputLimit) {
    this.#room = most;
    this.#reader = stream.getReader({ mode: "byob" });
    this.ended = this.#drain().catch(() => {}).finally(() => this.isOpen = false);
  }

  /** Closes the stream. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.ended;
  }

  /** A buffer of its own, since Deno's would be 64 KB for each read. */
  async #drain(): Promise<void> {
    let buffer = new Uint8Array(4096);
    for (;;) {
      const { done, value } = await this.#reader.read(buffer);
      if (done) return;
      const part = value.slice(0, this.#room);
      if (part.length > 0) this.parts.push(part);
      this.#room -= part.length;
      buffer = new Uint8Array(value.buffer);
    }
  }
}
