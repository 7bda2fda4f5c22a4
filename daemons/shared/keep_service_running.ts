import type { DaemonContext } from "icinga-warden/daemon";
import type { Diagnosis, IcingaSample } from "../../lib/icinga/mod.ts";
import { type ConfiguredProbe, ProbeRunner } from "./probes/runner.ts";
import { ServiceWatch } from "./service_watch.ts";
import type { WatchSettings } from "./watch_arguments.ts";
import type { SharedState } from "./watch_report.ts";

/** What is shared of a service that is kept running; the daemon decides where in the public state. */
export interface SharedService extends SharedState {
  /** Why it has stopped; undefined: nothing is known of that. */
  setDiagnosis(diagnosis: Diagnosis | undefined): void;
}

/** What a daemon keeps running, and how. */
export interface KeepPlan {
  /** Its name. */
  service: string;
  /** What is shared of it. */
  shared: SharedService;
  /** The probes of it. */
  probes: readonly ConfiguredProbe[];
  /** What the keys of its probes begin with in the map `ServiceProbes`. Default: nothing. */
  prefix?: string;
  /** Whether its first start waits for the network after a boot. Default: false. */
  waitsForNetwork?: boolean;
  /** From 0 to 1, for the wait of a probe before a restart. Default: `Math.random`. */
  random?: () => number;
}

/** Keeps a service running, and runs its probes, until the daemon is to stop. */
export function keepServiceRunning(
  context: Pick<DaemonContext, "every" | "log" | "now" | "service" | "signal" | "state"> & {
    readonly arguments: WatchSettings;
  },
  { service: name, shared, probes, prefix, waitsForNetwork = false, random }: KeepPlan,
): Promise<void> {
  const { state, arguments: settings } = context;
  const service = context.service(name);
  const samples = state.agent<IcingaSample>("Host");
  const holds = state.agent<string>("Aside");
  const diagnosis = () => samples.get(name.toLowerCase())?.diagnosis;
  const hold = () => {
    const network = waitsForNetwork ? holds.get("network") : undefined;
    if (network !== undefined) return network;
    const { what, evidence, hold } = diagnosis() ?? {};
    return hold ? [what, ...evidence!.slice(0, 1)].join(": ") : undefined;
  };
  const watch = new ServiceWatch(context, service, shared, settings, hold);
  const observe = watch.mode === "observe"
    ? (why: string | undefined) => watch.observe(why)
    : undefined;
  const restart = () => watch.restartRunning();
  const isDisabled = () => watch.isDisabled();
  const plan = { restart, isDisabled, prefix, random };
  const runner = new ProbeRunner(context, service, probes, plan);
  let mended = diagnosis()?.mended;
  return context.every(settings.interval, async () => {
    if (diagnosis()?.mended !== mended) {
      mended = diagnosis()?.mended;
      if (mended !== undefined) watch.tryAtOnce();
    }
    await watch.tick();
    shared.setDiagnosis(diagnosis());
    const mayRestart = !service.isPaused() && watch.mode !== "stopped" &&
      watch.heldBack() === undefined;
    await runner.tick(watch.runningSince, mayRestart, observe);
  });
}
