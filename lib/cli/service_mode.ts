import type { Agent } from "../agent.ts";
import { ConfigError } from "../config/mod.ts";
import { AGENT_MAPS } from "../daemon/agent_state.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { openEventLog } from "../windows/event_log.ts";
import { joinServiceManager, type NativeService } from "../windows/native_service.ts";
import { EXIT, UsageError } from "./command.ts";

/**
 * Runs something as a service, if the service control manager has started this process, and else as it is.
 * The service control manager learns the exit code: after any but 0 its recovery actions fire.
 *
 * @throws {unknown} what `run` throws.
 */
export async function runAsService(
  run: (service: NativeService | undefined) => Promise<number>,
): Promise<number> {
  const service = await joinServiceManager();
  try {
    const code = await run(service);
    await service?.stopped(code);
    return code;
  } catch (error) {
    if (service && error instanceof UsageError) tellEventLog(error.message);
    const isUsage = error instanceof ConfigError || error instanceof UsageError;
    await service?.stopped(isUsage ? EXIT.usage : EXIT.failed);
    throw error;
  }
}

/** A command line that cannot be used names no home, and so no log. */
function tellEventLog(message: string): void {
  openEventLog().write({ time: Date.now(), level: "fatal", source: "agent", message });
}

/** Reports that the agent runs, and does from then on what the service control manager asks for. */
export function obeyServiceManager(
  service: NativeService,
  agent: Agent,
  write: WriteLog,
  stop: AbortController,
): void {
  const { info } = agentLog(write);
  const obey = {
    stop() {
      info(`Service '${service.name}' is told to stop: stopping`);
      stop.abort();
    },
    pause() {
      info(`Service '${service.name}' is paused: daemons idle, nothing is restarted`);
      agent.pause("service");
      service.paused();
    },
    continue() {
      info(`Service '${service.name}' goes on`);
      agent.resume();
      service.running();
    },
  };
  // A command may end the pause as well.
  agent.state.map(AGENT_MAPS.maintenance).onChange(({ deleted }) => deleted && service.running());
  service.running();
  service.onRequest((request) => obey[request]());
}
