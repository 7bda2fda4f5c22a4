import type { Agent } from "./agent.ts";
import { basename, join } from "node:path";
import { type Clock, errorMessage, isObject } from "../base/mod.ts";
import { AGENT_MAPS, mapPath } from "../daemon/mod.ts";
import type {
  Diagnosis,
  HostSources,
  IcingaFolder,
  IcingaSample,
  Sampler,
  Validation,
} from "../icinga/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/** How often a sample is taken, ms. */
export const SAMPLE_EVERY = 30_000;

/** How often it is looked whether there is something to do, ms. */
const LOOK_EVERY = 5_000;

/** How long an invalid configuration keeps a service from being restarted, though no file changes, ms. */
export const HOLD_TIME = 10 * 60_000;

/** A service that has run for so long needs no diagnosis any more, ms. */
const WELL_AFTER = 5 * 60_000;

/** The same diagnosis is logged again after so long, ms. */
const SAID_AGAIN = 60 * 60_000;

/** What a watch of Icinga 2 works with. */
export interface IcingaWatchParts {
  agent: Pick<Agent, "state" | "icinga">;
  log: WriteLog;
  clock: Pick<Clock, "sleep" | "now">;
  /** Default: this host. */
  hostOf?: (service: string, folder: IcingaFolder) => Promise<IcingaHost>;
}

/** What this host says of a service of Icinga 2 beside its files. */
export interface IcingaHost {
  sources: HostSources;
  /** Validates the configuration; `limit`: see `ValidatePlan` of `lib/icinga`. */
  validate(limit?: number): Promise<Validation>;
  /** Who listens on a port: see `DiagnosisParts` of `lib/icinga`. */
  holder(port: number): Promise<string | undefined>;
}

/**
 * Looks at each Icinga 2 that a daemon keeps running, and shares what is seen as `Agent.Host`: a sample every 30 s, and
 * a diagnosis when the service has stopped. The main thread may read files and ask Windows, which a daemon's thread may
 * not. Resolves when `signal` is aborted; never rejects.
 */
export async function watchIcinga(parts: IcingaWatchParts, signal: AbortSignal): Promise<void> {
  const { agent, clock, log } = parts;
  const host = agent.state.map<string, IcingaSample>(AGENT_MAPS.host);
  const watched = new Map<string, Watched>();
  let said = "";
  const say = (level: "info" | "warning", text: string) => {
    if (text !== said) agentLog(log)[level](text);
    said = text;
  };
  const follow = (daemon: string, one: Watched) => {
    const [state, stats] = [mapPath(daemon, "ServiceState"), mapPath(daemon, "ServiceStats")];
    one.note(agent.state.map(state).get("value"));
    one.count(agent.state.map(stats).get(one.service));
    const stop = agent.state.onChange(({ path, key, value }) => {
      if (path === state && key === "value") one.note(value);
      if (path === stats && key === one.service) one.count(value);
    });
    signal.addEventListener("abort", stop, { once: true });
  };
  for (;;) {
    try {
      await clock.sleep(LOOK_EVERY, signal);
      const wanted = agent.icinga();
      const keys = new Set(wanted.map(({ service }) => service.toLowerCase()));
      for (const key of host.keys()) if (!keys.has(key)) host.delete(key);
      for (const { daemon, service, dataDir } of wanted) {
        const { icingaFolder, lookAt } = await import("../icinga/mod.ts");
        const folder = icingaFolder(dataDir, Deno.env.get("ProgramData"));
        if (!await lookAt(folder.data)) {
          say("info", `There is no ${folder.data}: Icinga 2's own state is not looked at`);
          continue;
        }
        const key = `${daemon} ${service} ${dataDir}`;
        const one = watched.get(key) ?? await Watched.of(service, folder, parts);
        if (!watched.has(key)) follow(daemon, one);
        watched.set(key, one);
        const shared = await one.look(host.get(service.toLowerCase()));
        if (shared) host.set(service.toLowerCase(), shared);
      }
    } catch (error) {
      if (signal.aborted) return;
      say("warning", `Icinga 2 cannot be looked at: ${errorMessage(error)}`);
    }
  }
}

/** One service of Icinga 2 and what is known of it. */
class Watched {
  #sampledAt = -Infinity;
  /** Since when it runs, ms of the clock; undefined while it does not. */
  #runsSince: number | undefined;
  /** When it last came to run, ms since the Unix epoch: what was before explains no stop. */
  #ranAt = Date.now();
  /** A stop that is to be explained: what was before `since` explains nothing. */
  #stop: { since: number } | undefined;
  #restarts: number | undefined;
  #diagnosis: Diagnosis | undefined;
  #held: { signature: string; at: number } | undefined;
  #diagnosedAt = -Infinity;
  #said: { what: string; at: number } | undefined;

  private constructor(
    readonly service: string,
    readonly folder: IcingaFolder,
    readonly host: IcingaHost,
    readonly sampler: Sampler,
    readonly parts: IcingaWatchParts,
  ) {}

  static async of(service: string, folder: IcingaFolder, parts: IcingaWatchParts) {
    const { Sampler } = await import("../icinga/mod.ts");
    const host = await (parts.hostOf ?? icingaHost)(service, folder);
    const { sources } = host;
    const sampler = new Sampler({ folder, sources, every: SAMPLE_EVERY, clock: parts.clock });
    return new Watched(service, folder, host, sampler, parts);
  }

  /** Takes note of the service's state, as its daemon sees it. */
  note(value: unknown): void {
    if (value === "STOPPED") this.#stop ??= { since: this.#ranAt };
    const isRunning = value === "RUNNING";
    if (isRunning && this.#runsSince === undefined) this.#ranAt = Date.now();
    this.#runsSince = isRunning ? this.#runsSince ?? this.parts.clock.now() : undefined;
  }

  /** A restart that took no time is not in the state, which travels in batches, but in the counts. */
  count(stats: unknown): void {
    if (!isObject(stats)) return;
    const restarts = Number(stats.restarts) + Number(stats.restartFailures);
    if (this.#restarts !== undefined && restarts > this.#restarts) {
      this.#stop ??= { since: this.#ranAt };
      this.#ranAt = Date.now();
    }
    this.#restarts = restarts;
  }

  /** Does what is due. Returns what is to be shared; undefined: it is what was shared last. */
  async look(shared: IcingaSample | undefined): Promise<IcingaSample | undefined> {
    const now = () => this.parts.clock.now();
    const before = this.#diagnosis;
    const isDown = this.#runsSince === undefined && before !== undefined && !this.#held;
    if (this.#stop) await this.#diagnose(this.#stop.since);
    else if (isDown && now() - this.#diagnosedAt >= HOLD_TIME) await this.#diagnose(this.#ranAt);
    else if (now() - (this.#runsSince ?? now()) >= WELL_AFTER) this.#diagnosis = undefined;
    await this.#release();
    const isDue = now() - this.#sampledAt >= SAMPLE_EVERY || !shared;
    if (!isDue && this.#diagnosis === before) return undefined;
    if (isDue) this.#sampledAt = now();
    const { diagnosis: _, ...sample } = isDue ? await this.sampler.take() : shared;
    return { ...sample, ...(this.#diagnosis && { diagnosis: this.#diagnosis }) };
  }

  async #diagnose(since: number): Promise<void> {
    this.#stop = undefined;
    const now = this.#diagnosedAt = this.parts.clock.now();
    const { configSignature, diagnose } = await import("../icinga/mod.ts");
    const signature = await configSignature(this.folder);
    const { folder, host } = this;
    const found = await diagnose({
      folder,
      since,
      validate: () => host.validate(),
      holder: (port) => host.holder(port),
    });
    // A stop that nothing explains, and that is over, may have been a restart by a person or a probe.
    const isOver = this.#runsSince !== undefined && found.evidence.length === 0;
    this.#diagnosis = isOver ? undefined : found;
    this.#held = found.hold ? { signature, at: now } : undefined;
    const { what, evidence, advice } = found;
    if (this.#said?.what === what && now - this.#said.at < SAID_AGAIN) return;
    this.#said = { what, at: now };
    const text = [`Service '${this.service}': ${what}`, ...evidence].join("; ");
    // That nothing says why is what a stop by a person looks like.
    agentLog(this.parts.log)[evidence.length > 0 ? "warning" : "info"](`${text}; ${advice}`);
  }

  /** A configuration that was changed may be valid now; after some time it is tried anyway. */
  async #release(): Promise<void> {
    const now = this.parts.clock.now();
    if (!this.#held || !this.#diagnosis) return;
    const { configSignature } = await import("../icinga/mod.ts");
    const isOver = now - this.#held.at >= HOLD_TIME;
    if (!isOver && await configSignature(this.folder) === this.#held.signature) return;
    this.#held = undefined;
    this.#diagnosis = { ...this.#diagnosis, hold: false };
    // If it stays down, it is looked at again soon.
    this.#diagnosedAt = now - HOLD_TIME + SAMPLE_EVERY;
  }
}

/** What this host says of a service of Icinga 2. */
export async function icingaHost(service: string, folder: IcingaFolder): Promise<IcingaHost> {
  const { procHolder, procSources, procTree, treeOf, validate } = await import("../icinga/mod.ts");
  if (Deno.build.os !== "windows") {
    return {
      sources: procSources(folder),
      validate: (limit) => validate({ program: "icinga2", folder, limit, treeOf: procTree }),
      holder: procHolder,
    };
  }
  const { listConnections, listenerOf, listProcesses, processUsage, programOf, windowsHost } =
    await import("../windows/mod.ts");
  const { database } = windowsHost;
  const tree = (pid: number) => treeOf(pid, listProcesses());
  return {
    sources: {
      tree() {
        const pid = database.query(service)?.pid;
        if (!pid) return Promise.resolve(undefined);
        const pids = tree(pid);
        const used = [...pids].flatMap((pid) => processUsage(pid) ?? []);
        const sum = (read: (usage: typeof used[number]) => number) =>
          used.reduce((sum, usage) => sum + read(usage), 0);
        const known = { memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu) };
        return Promise.resolve({ pids, ...(used.length > 0 && known) });
      },
      connections: ({ pids }) =>
        Promise.resolve(listConnections().filter(({ pid }) => pids.has(pid))),
    },
    validate(limit) {
      const program = programOf(database.find(service)?.commandLine ?? "");
      const isIcinga = /^icinga2\.exe$/i.test(basename(program));
      const usual = join(Deno.env.get("ProgramFiles") ?? "", "ICINGA2", "sbin", "icinga2.exe");
      const plan = { folder, limit, treeOf: (pid: number) => Promise.resolve(tree(pid)) };
      return validate({ ...plan, program: isIcinga ? program : usual });
    },
    holder(port) {
      const pid = listenerOf(port);
      const name = listProcesses().find((process) => process.pid === pid)?.exe;
      return Promise.resolve(pid === undefined ? undefined : `process ${pid} (${name})`);
    },
  };
}
