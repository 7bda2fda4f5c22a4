import type { StateReader } from "../../lib/control/state_reader.ts";
import type { ThreadInfo } from "../../lib/daemon/agent_state.ts";

/** A public state with some maps in it. */
export function stateOf(maps: Record<string, Record<string, unknown>>): StateReader {
  return {
    map: (path) => new Map(Object.entries(maps[path] ?? {})),
    paths: () => Object.keys(maps).sort(),
    traffic: () => ({ sent: 3, received: 2, questions: 1 }),
  };
}

/** When the agent of {@linkcode agentMaps} was started. */
export const STARTED = "2026-01-01T00:00:00.000Z";

const NOW = Date.parse(STARTED) + 3_600_000;

/** One hour later, with some memory in use. */
export const MOMENT = {
  ...{ now: NOW, memory: 80_000_000, host: "here" },
  age: (_: unknown, time: string): number => NOW - Date.parse(time),
};

/** A thread that runs, with some of its fields changed. */
export function thread(daemon: string, more: Partial<ThreadInfo> = {}): ThreadInfo {
  return {
    ...{ daemon, task: "run", pool: "MainPool", state: "running", since: STARTED, restarts: 0 },
    ...{ started: STARTED, heap: 4_000_000, lag: 2 },
    ...more,
  };
}

/** Registers one more daemon that may manage services, and runs. */
export function addWatcher(maps: Record<string, Record<string, unknown>>, daemon: string): void {
  maps["Agent.Daemons"]![daemon] = { module: null, enabled: true, services: true };
  maps["Agent.Threads"]![`${daemon}::run::Main::0`] = thread(daemon);
}

/** The maps of an agent with the Icinga daemon, all well. */
export function agentMaps(): Record<string, Record<string, unknown>> {
  return {
    "Agent.Info": {
      ...{
        version: "1.2.3",
        commit: "abc",
        deno: "2.9.5",
        pid: 42,
        home: "/home",
        mode: "service",
      },
      started: STARTED,
    },
    "Agent.Daemons": {
      icinga_agent_service: { module: null, enabled: true, services: true },
    },
    "Agent.Threads": {
      "icinga_agent_service::run::Main::0": thread("icinga_agent_service"),
    },
    "Daemons.icinga_agent_service.ServiceState": { value: "RUNNING", restart_error: 0 },
    "Daemons.icinga_agent_service.ServiceStats": {
      icinga2: {
        ...{ queries: 10, queryErrors: 1, restarts: 2, restartFailures: 3, lastRestart: STARTED },
        query: { le: [0.01, 0.1], counts: [6, 3, 1], sum: 0.5, count: 10 },
        restart: { le: [1, 10], counts: [1, 1, 0], sum: 4, count: 2 },
      },
    },
  };
}
