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
import { createContext, createDaemonLog } from "./context.ts";
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
  const { thread } = assignment;
  const state = new PublicState({ thread, mayWrite, onProblem: (text) => log.warning(text) });
  const outcome = await run(assignment, state, log);
  state.close();
  tell(outcome);
}

async function run(
  { daemon, thread, module, arguments: given, serviceManager }: Assignment,
  state: PublicState,
  log: ReturnType<typeof createDaemonLog>,
): Promise<FromThread> {
  try {
    const definition = await loadDaemon(module);
    const { values, problems } = readArguments(definition.arguments ?? {}, given);
    if (problems.length > 0) {
      throw new Error(`Cannot use its arguments: ${problems.map(describeProblem).join(", and ")}`);
    }
    const services = definition.permissions?.services
      ? createServiceManager(serviceManager)
      : undefined;
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
        services,
      }),
    );
    return { type: "finished" };
  } catch (error) {
    if (stop.signal.aborted) return { type: "finished" };
    return { type: "failed", error: error instanceof Error ? error.message : String(error) };
  }
}
