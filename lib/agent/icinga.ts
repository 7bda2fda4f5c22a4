import { errorMessage, isObject } from "../base/mod.ts";
import { AGENT_MAPS, mapPath } from "../daemon/mod.ts";
import type { IcingaSample } from "../icinga/mod.ts";
import { agentLog } from "../log/mod.ts";
import type { ReplicatedMap } from "../state/mod.ts";
import { findIcingaFolder } from "./icinga_host.ts";
import { IcingaService, type IcingaWatchParts } from "./icinga_service.ts";
import type { Target } from "./targets.ts";

/** Time between two checks whether there is something to do, ms. */
const LOOK_EVERY = 5_000;

/**
 * Looks at each Icinga 2 that a daemon keeps running, and shares what is seen as `Agent.Host`: a sample every 30 s, and
 * a diagnosis when the service has stopped. The main thread may read files and ask Windows, which a daemon's thread may
 * not. Resolves when `signal` is aborted; never rejects.
 */
export async function watchIcinga(parts: IcingaWatchParts, signal: AbortSignal): Promise<void> {
  const watch = new IcingaWatch(parts, signal);
  while (!signal.aborted) await watch.look();
}

class IcingaWatch {
  readonly #parts: IcingaWatchParts;
  readonly #signal: AbortSignal;
  readonly #samples: ReplicatedMap<string, IcingaSample>;
  readonly #watched = new Map<string, IcingaService>();
  /** The last record on each service of each daemon. */
  readonly #said = new Map<string, string>();

  constructor(parts: IcingaWatchParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#samples = parts.agent.state.map(AGENT_MAPS.host);
  }

  /** Waits, and looks at each service. */
  async look(): Promise<void> {
    try {
      await this.#parts.clock.sleep(LOOK_EVERY, this.#signal);
      const targets = this.#parts.agent.icinga();
      const services = new Set(targets.map(({ service }) => service.toLowerCase()));
      for (const key of this.#samples.keys()) if (!services.has(key)) this.#samples.delete(key);
      for (const { daemon, ...target } of targets) await this.#lookAt(daemon, target);
    } catch (error) {
      this.#say("warning", "", `Icinga 2 cannot be looked at: ${errorMessage(error)}`);
    }
  }

  /** Never rejects: a service that cannot be looked at hides no other. */
  async #lookAt(daemon: string, target: Target): Promise<void> {
    const { service } = target;
    const about = `${daemon} ${service}`;
    try {
      const missing = await this.#share(daemon, target);
      if (missing === undefined) return;
      this.#say("info", about, `There is no ${missing}: Icinga 2's own state is not looked at`);
    } catch (error) {
      const text = `Icinga 2 of service '${service}' cannot be looked at: ${errorMessage(error)}`;
      this.#say("warning", about, text);
    }
    // What was seen before would hold the service back for ever.
    this.#samples.delete(service.toLowerCase());
  }

  /** Shares what is seen. Returns the folder of Icinga's that is missing; undefined: it is there, or not needed. */
  async #share(daemon: string, target: Target): Promise<string | undefined> {
    const { service, dataDir, look } = target;
    const { lookAt } = await import("../icinga/mod.ts");
    const folder = await findIcingaFolder(service, dataDir);
    if (look === "icinga" && !await lookAt(folder.data)) return folder.data;
    const key = `${daemon} ${service} ${look} ${folder.root}`;
    const watched = this.#watched.get(key) ??
      this.#follow(daemon, await IcingaService.of(target, folder, this.#parts));
    this.#watched.set(key, watched);
    watched.target = target;
    const last = this.#samples.get(service.toLowerCase());
    const sample = await watched.look(last, this.#mayRestart(daemon));
    if (sample) this.#samples.set(service.toLowerCase(), sample);
    return undefined;
  }

  /** Whether a probe that fails may restart the service. */
  #mayRestart(daemon: string): boolean {
    const probes = this.#parts.agent.state.map(mapPath(daemon, "ServiceProbes"));
    return [...probes.values()].some((probe) => isObject(probe) && probe.mayRestart === true);
  }

  /** Tells it the service's state and counts, as the daemon sees them. */
  #follow(daemon: string, watched: IcingaService): IcingaService {
    const { state } = this.#parts.agent;
    const [states, stats] = [mapPath(daemon, "ServiceState"), mapPath(daemon, "ServiceStats")];
    const note = (key: string, value: unknown) => {
      if (key === "value") watched.note(value);
      // A daemon of several services has each under its name.
      if (key === watched.service && isObject(value)) watched.note(value.value);
    };
    for (const [key, value] of state.map(states)) note(key, value);
    watched.count(state.map(stats).get(watched.service));
    const stop = state.onChange(({ path, key, value }) => {
      if (path === states) note(key, value);
      if (path === stats && key === watched.service) watched.count(value);
    });
    this.#signal.addEventListener("abort", stop);
    return watched;
  }

  /** Logs what was not the last text on it. */
  #say(level: "info" | "warning", about: string, text: string): void {
    if (this.#signal.aborted || this.#said.get(about) === text) return;
    this.#said.set(about, text);
    agentLog(this.#parts.log)[level](text);
  }
}
