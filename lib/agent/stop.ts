import type { Agent } from "./agent.ts";
import {
  buildInfo,
  cut,
  errorMessage,
  onStopSignal,
  sanitize,
  systemClock,
  within,
} from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import { agentLog, type Log, type WriteLog } from "../log/mod.ts";
import { isUnreadableMessage } from "../state/mod.ts";
import type { NativeService } from "../windows/mod.ts";
import type { Claim } from "./home.ts";

/** What a run has beside its agent. */
export interface RunParts {
  log: Log;
  home: Claim;
  /** What to log at the start, a line each. */
  warnings: readonly string[];
  /** The time after which the agent stops, ms; undefined: never. */
  span: number | undefined;
  service: NativeService | undefined;
  /** Aborted when the agent has to stop. */
  until: AbortSignal | undefined;
}

/** The time for running commands to end once the agent has stopped, ms. */
const LAST_ANSWERS = 250;

/** A second signal within this time is the same Ctrl+C, ms: `npx` and `deno task` pass it on. */
const SAME_SIGNAL = 500;

/**
 * Runs the agent until a signal, the service control manager or the end of its time stops it. A second signal ends the
 * process immediately.
 */
export async function runUntilStopped(
  { log, home, warnings, span, service, until }: RunParts,
  start: (stop: AbortSignal) => { agent: Agent; served: Promise<void> },
): Promise<void> {
  const { info, warning } = agentLog(log.write);
  const stop = new AbortController();
  let signalled: number | undefined;
  const forgetSignals = onStopSignal((signal) => {
    if (stop.signal.aborted) {
      if (signalled !== undefined && systemClock.now() - signalled < SAME_SIGNAL) return;
      warning(`${signal} again: ending at once`);
      home.release(`it was ended at once by a second ${signal}`);
      log.close();
      Deno.exit(1);
    }
    info(`${signal}: stopping`);
    signalled = systemClock.now();
    stop.abort();
  });
  if (span !== undefined) {
    systemClock.sleep(span, stop.signal).then(() => {
      info("The time given by --for is up: stopping");
      stop.abort();
    }, () => {});
  }
  if (until?.aborted) stop.abort();
  until?.addEventListener("abort", () => stop.abort());
  const { version, commit, deno } = buildInfo();
  info(`Started icinga-warden ${version} (${commit}, Deno ${deno}), process ${Deno.pid}`);
  for (const line of warnings) warning(line);
  const { agent, served } = start(stop.signal);
  if (service) followServiceManager(service, agent, log.write, stop);
  const takeDown = () => {
    home.stopping();
    void agent.stop();
  };
  if (stop.signal.aborted) takeDown();
  else stop.signal.addEventListener("abort", takeDown);
  await agent.done;
  await within(served, { ms: LAST_ANSWERS });
  info("Stopped");
  home.release();
  forgetSignals();
  log.close();
}

/** Reports that the agent runs; from then on it stops, pauses and continues as the service control manager asks. */
function followServiceManager(
  service: NativeService,
  agent: Agent,
  write: WriteLog,
  stop: AbortController,
): void {
  const { info, warning } = agentLog(write);
  const actions = {
    stop() {
      info(`Service '${service.name}' was asked to stop: stopping`);
      stop.abort();
    },
    pause() {
      info(`Service '${service.name}' is paused: daemons idle, nothing is restarted`);
      void agent.pause("service");
      service.paused();
    },
    continue() {
      info(`Service '${service.name}' continues`);
      void agent.resume();
      service.running();
    },
  };
  // A command may end the pause as well.
  agent.state.map(AGENT_MAPS.maintenance).onChange(({ deleted }) => deleted && service.running());
  service.running();
  service.listen((request) => actions[request](), warning);
}

/** A longer stack is cut, characters. */
const MAX_STACK = 10_000;

/**
 * Calls `end` with the reason, in one line, when an exception on the main thread is not caught. Calls `warn` once when
 * a channel carries a message that Deno cannot read.
 */
export function onUncaught(
  end: (reason: string) => never,
  warn: (warning: string) => void,
): void {
  let isWarned = false;
  globalThis.addEventListener("error", (event) => end(describe(event.error ?? event.message)));
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (!isUnreadableMessage(event.reason)) end(describe(event.reason));
    event.preventDefault();
    if (!isWarned) warn("Ignored an unreadable message on a channel; further ones are not logged");
    isWarned = true;
  });
}

function describe(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return sanitize(stack === undefined ? errorMessage(error) : cut(stack, MAX_STACK));
}
