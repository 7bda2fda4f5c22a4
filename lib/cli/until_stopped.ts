import type { Agent } from "../agent.ts";
import { buildInfo } from "../build.ts";
import { systemClock } from "../base/mod.ts";
import type { Claim } from "../home/claim.ts";
import { agentLog, type Log } from "../log/mod.ts";
import type { NativeService } from "../windows/native_service.ts";
import { EXIT } from "./command.ts";
import { obeyServiceManager } from "./service_mode.ts";
import { onStopSignal } from "./signals.ts";

/** What a run has beside its agent. */
export interface RunParts {
  log: Log;
  home: Claim;
  /** What there is to say at the start. */
  warnings: readonly string[];
  /** ms; undefined: no limit. */
  span: number | undefined;
  service: NativeService | undefined;
  /** Aborted when it is to stop. */
  until: AbortSignal | undefined;
}

/**
 * Runs the agent until a signal or the service control manager asks for its end or the time is up; a second
 * signal ends the process at once.
 */
export async function runUntilStopped(
  { log, home, warnings, span, service, until }: RunParts,
  start: (stop: AbortSignal) => { agent: Agent; served: Promise<void> },
): Promise<void> {
  const { info, warning } = agentLog(log.write);
  const stop = new AbortController();
  const forgetSignals = onStopSignal((signal) => {
    if (stop.signal.aborted) {
      warning(`${signal} again: ending at once`);
      home.release(`it was ended at once by a second ${signal}`);
      log.close();
      Deno.exit(EXIT.failed);
    }
    info(`${signal}: stopping`);
    stop.abort();
  });
  if (span !== undefined) {
    systemClock.sleep(span, stop.signal).then(() => {
      info("The time given by --for is up: stopping");
      stop.abort();
    }, () => {});
  }
  until?.addEventListener("abort", () => stop.abort(), { once: true });
  const { version, commit, deno } = buildInfo();
  info(`Started icinga-warden ${version} (${commit}, Deno ${deno}), process ${Deno.pid}`);
  for (const line of warnings) warning(line);
  const { agent, served } = start(stop.signal);
  if (service) obeyServiceManager(service, agent, log.write, stop);
  if (stop.signal.aborted) void agent.stop();
  else stop.signal.addEventListener("abort", () => void agent.stop(), { once: true });
  await agent.done;
  await served;
  info("Stopped");
  home.release();
  forgetSignals();
  log.close();
}
