/**
 * The entry of every thread: it joins the public state, imports the daemon's module and runs it. Its log
 * records and its fate go to the agent as messages.
 *
 * @module
 */
import { readArguments } from "../config/arguments.ts";
import { describeProblem } from "../config/problem.ts";
import { createServiceManager } from "../service/mod.ts";
import { PublicState } from "../state/mod.ts";
import { createContext, createDaemonLog, type DaemonLog } from "./context.ts";
import { loadDaemon } from "./load.ts";
import { mayWrite } from "./names.ts";
import type { Assignment, FromThread, ToThread } from "./protocol.ts";

const stop = new AbortController();

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  if (data.type === "start") void work(data.assignment);
  else stop.abort(new DOMException("The daemon is to stop", "AbortError"));
};

function tell(message: FromThread): void {
  self.postMessage(message);
}

async function work(assignment: Assignment): Promise<void> {
  const log = createDaemonLog(
    assignment.logLevel,
    (level, message) => tell({ type: "log", level, message, time: Date.now() }),
  );
  catchStrays(log);
  const { thread } = assignment;
  const state = new PublicState({ thread, mayWrite, onProblem: log.debug });
  const outcome = await run(assignment, state, log);
  state.close();
  tell(outcome);
}

/** What a daemon prints goes to the log, and what it throws outside of `run` is its failure: neither is the console's. */
function catchStrays(log: DaemonLog): void {
  const methods = {
    debug: "debug",
    log: "info",
    info: "info",
    warn: "warning",
    error: "error",
  } as const;
  for (const [method, level] of Object.entries(methods)) {
    const print = (...values: unknown[]) =>
      log[level](values.map((v) => typeof v === "string" ? v : Deno.inspect(v)).join(" "));
    Object.assign(globalThis.console, { [method]: print });
  }
  self.addEventListener("error", (event) => {
    event.preventDefault();
    tell(failure(event.error));
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    tell(failure(event.reason));
  });
}

function failure(error: unknown): FromThread {
  return { type: "failed", error: error instanceof Error ? error.message : Deno.inspect(error) };
}

async function run(
  { daemon, thread, module, home, arguments: given, services, serviceManager }: Assignment,
  state: PublicState,
  log: DaemonLog,
): Promise<FromThread> {
  try {
    const definition = await loadDaemon(module);
    const { values, problems } = readArguments(definition.arguments ?? {}, given);
    if (problems.length > 0) {
      throw new Error(`Cannot use its arguments: ${problems.map(describeProblem).join(", and ")}`);
    }
    await state.ready;
    tell({ type: "running" });
    await definition.run(
      createContext({
        daemon,
        thread,
        signal: stop.signal,
        arguments: values,
        state,
        log,
        home,
        services: services ? createServiceManager(serviceManager) : undefined,
      }),
    );
    return { type: "finished" };
  } catch (error) {
    if (stop.signal.aborted) return { type: "finished" };
    return failure(error);
  }
}
