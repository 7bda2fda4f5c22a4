import { systemClock } from "../base/mod.ts";
import { type EndTree, runChild } from "../service/mod.ts";
import type { DaemonContext } from "./context.ts";
import { requireSpan, type Span } from "./timing.ts";

/** How `context.run` runs a program. */
export interface RunOptions {
  /** How long it may take. Default: 30 s. */
  timeout?: Span;
  /** The folder that it runs in. Default: that of the agent. */
  cwd?: string;
  /** Variables of its environment, beside those of the agent. */
  env?: Record<string, string>;
}

/** How a program has ended. */
export interface RunResult {
  /** Its exit code. */
  code: number;
  /** What it wrote, read as UTF-8: the first 64 KB of each. */
  stdout: string;
  stderr: string;
}

/** Runs a program without input: see {@linkcode DaemonContext.run}. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options: RunOptions & { timeout: number; signal: AbortSignal },
) => Promise<RunResult | undefined>;

/** See {@linkcode DaemonContext.run}. */
export function createRun(signal: AbortSignal, run: RunProgram): DaemonContext["run"] {
  return async (program, args = [], options = {}) => {
    const isText = (value: unknown) => typeof value === "string";
    if (!isText(program) || !Array.isArray(args) || !args.every(isText)) {
      throw new TypeError(
        "Cannot run a program: expected its name, and its arguments as a list of texts",
      );
    }
    const timeout = requireSpan("run with timeout", options.timeout ?? 30_000);
    const result = await run(program, args, { ...options, timeout, signal });
    if (result) return result;
    throw new DOMException(
      `${program} took longer than ${timeout / 1_000} s, and was ended`,
      "TimeoutError",
    );
  };
}

/**
 * Runs programs of this host.
 *
 * @param endTree asks for the end of one with all that it has started. Default: it alone is killed.
 */
export function programRunner(endTree?: EndTree): RunProgram {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return async (program, args, { timeout, signal, cwd, env }) => {
    const result = await runChild(program, [...args], {
      limit: timeout,
      clock: systemClock,
      signal,
      endTree,
      place: { ...(cwd !== undefined && { cwd }), ...(env && { env }) },
    });
    if (!result) return undefined;
    const { code, stdout, stderr } = result;
    return { code, stdout: text(stdout), stderr: text(stderr) };
  };
}
