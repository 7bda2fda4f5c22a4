import { type DaemonMap, defineDaemon } from "icinga-warden/daemon";
import { isSameJson } from "../lib/base/mod.ts";
import type { Diagnosis, IcingaSample } from "../lib/icinga/mod.ts";
import { checkServiceName, type ServiceState } from "../lib/service/mod.ts";
import { checkProbe } from "./shared/probes/mod.ts";
import { ProbeRunner } from "./shared/probes/runner.ts";
import { WATCH_ARGUMENTS } from "./shared/settings.ts";
import { ServiceWatch } from "./shared/service_watch.ts";
import type { SharedState } from "./shared/watch_report.ts";

/**
 * The daemon that keeps the Icinga 2 agent service running: it queries the service at an interval and
 * restarts it when it is not running. It shares `ServiceState.value` (the state last seen, absent until the
 * service was found installed) and `ServiceState.restart_error` (restarts that failed in a row).
 */
export default defineDaemon({
  name: "icinga_agent_service",
  description: "Keeps the Icinga 2 agent service running",
  arguments: {
    service: {
      type: "string",
      default: "icinga2",
      description: "Name of the service (not its display name)",
      check: checkServiceName,
    },
    ...WATCH_ARGUMENTS,
    dataDir: {
      type: "string",
      default: "",
      description: "Folder that holds Icinga's etc and var; empty: %ProgramData%\\icinga2",
    },
    probes: {
      type: "list",
      default: [],
      description: "What differs from the probes' defaults, such as 'disk off': see docs/icinga.md",
      check: checkProbe,
    },
  },
  permissions: { services: true },
  maps: {
    ServiceState: {
      description:
        "value: the state last seen; restart_error: restarts that failed in a row; diagnosis: why it stopped",
    },
    ServiceStats: { description: "By service: queries and restarts, counted and timed" },
    ServiceProbes: { description: "By probe: is, text, failed, since, advice" },
  },
  run: (context) => {
    const map = context.state.map<ServiceState | number | Diagnosis>("ServiceState");
    const shared = shareIn(map);
    const service = context.service(context.arguments.service);
    const diagnosis = () =>
      context.state.agent<IcingaSample>("Host").get(service.name.toLowerCase())?.diagnosis;
    const aside = context.state.agent<string>("Aside");
    const hold = () => {
      const network = aside.get("network");
      if (network !== undefined) return network;
      const { what, evidence, hold } = diagnosis() ?? {};
      return hold ? [what, ...evidence!.slice(0, 1)].join(": ") : undefined;
    };
    const watch = new ServiceWatch(context, service, shared, context.arguments, hold);
    const observe = watch.mode === "observe"
      ? (why: string | undefined) => watch.observe(why)
      : undefined;
    const probes = new ProbeRunner(
      context,
      service,
      context.arguments.probes,
      () => watch.restartRunning(),
    );
    return context.every(context.arguments.interval, async () => {
      await watch.tick();
      shareDiagnosis(map, diagnosis());
      const mayRestart = !service.isPaused() && watch.mode !== "stopped" &&
        watch.standsAside() === undefined;
      await probes.tick(watch.runningSince, mayRestart, observe);
    });
  },
});

function shareDiagnosis(
  map: DaemonMap<ServiceState | number | Diagnosis>,
  diagnosis: Diagnosis | undefined,
): void {
  if (isSameJson(map.get("diagnosis"), diagnosis)) return;
  if (diagnosis) map.set("diagnosis", diagnosis);
  else map.delete("diagnosis");
}

function shareIn(map: DaemonMap<ServiceState | number | Diagnosis>): SharedState {
  return {
    setValue: (state) => {
      if (state === undefined) map.delete("value");
      else if (map.get("value") !== state) map.set("value", state);
    },
    restartErrors: () => Number(map.get("restart_error") ?? 0),
    setRestartErrors: (count) => void map.set("restart_error", count),
  };
}
