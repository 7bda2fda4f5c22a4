import { type Clock, errorMessage, isObject } from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import type { Diagnosis, IcingaFolder, IcingaSample, Sampler, Validation } from "../icinga/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import type { Agent } from "./agent.ts";
import { type IcingaHost, icingaHost } from "./icinga_host.ts";
import type { Target } from "./targets.ts";

/** How often a sample is taken, ms. */
const SAMPLE_EVERY = 30_000;

/** How long an invalid configuration keeps a service from being restarted, though no file changes, ms. */
const HOLD_TIME = 10 * 60_000;

/** A service that has run for this time needs no diagnosis, ms. */
const WELL_AFTER = 5 * 60_000;

/** An equal diagnosis is logged again after this time, ms. */
const SAID_AGAIN = 60 * 60_000;

/** What a watch of Icinga 2 works with. */
export interface IcingaWatchParts {
  agent: Pick<Agent, "state" | "icinga">;
  log: WriteLog;
  clock: Pick<Clock, "sleep" | "now">;
  /** Default: this host. */
  hostOf?: (service: string, folder: IcingaFolder) => Promise<IcingaHost>;
}

/** A time, by the clock of the host and by the monotonic one, ms. */
interface Moment {
  wall: number;
  now: number;
}

/** One service of Icinga 2 and what is known of it: samples, the diagnosis of a stop, and what may be mended. */
export class IcingaService {
  readonly service: string;
  #sampledAt = -Infinity;
  /** Since when it runs, ms of the clock; undefined while it does not. */
  #runsSince: number | undefined;
  /** When it last came to run: what was before explains no stop. */
  #ran: Moment;
  /** A stop that is to be explained: what was before it came to run explains nothing. */
  #stop: Moment | undefined;
  /** The state file is to be moved aside, as soon as that may be done. */
  #mendsNext = false;
  /** It was moved aside, and the service has not been RUNNING long enough since. */
  #wasMended = false;
  /** Whether its state was STOPPED, and no restart has followed. */
  #isStopSeen = false;
  /** How many restarts there were, when they were last counted. */
  #restarts: { done: number; failed: number } | undefined;
  #diagnosis: Diagnosis | undefined;
  #held: { signature: string; at: number } | undefined;
  #diagnosedAt = -Infinity;
  #said: { what: string; at: number } | undefined;
  #validated: { signature: string; at: number; validation: Validation } | undefined;

  private constructor(
    public target: Target,
    readonly folder: IcingaFolder,
    readonly host: IcingaHost,
    readonly sampler: Sampler,
    readonly parts: IcingaWatchParts,
  ) {
    this.service = target.service;
    this.#ran = this.#moment();
  }

  /** Finds out what it needs of this host. */
  static async of(
    target: Target,
    folder: IcingaFolder,
    parts: IcingaWatchParts,
  ): Promise<IcingaService> {
    const { Sampler } = await import("../icinga/mod.ts");
    const { sources, ...host } = await (parts.hostOf ?? icingaHost)(target.service, folder);
    const { look } = target;
    const plan = { folder, sources, every: SAMPLE_EVERY, clock: parts.clock, look };
    return new IcingaService(target, folder, { sources, ...host }, new Sampler(plan), parts);
  }

  #moment(): Moment {
    return { wall: Date.now(), now: this.parts.clock.now() };
  }

  /** Takes note of the service's state, as its daemon sees it. */
  note(value: unknown): void {
    if (value === "STOPPED") {
      this.#stop ??= this.#ran;
      this.#isStopSeen = true;
    }
    const isRunning = value === "RUNNING";
    if (isRunning && this.#runsSince === undefined) this.#ran = this.#moment();
    this.#runsSince = isRunning ? this.#runsSince ?? this.parts.clock.now() : undefined;
  }

  /**
   * Takes note of the restarts. They tell of a stop that is not in the state, which travels in batches. The restart that
   * follows a stop in the state is not another stop.
   */
  count(stats: unknown): void {
    if (!isObject(stats)) return;
    const [done, failed] = [Number(stats.restarts), Number(stats.restartFailures)];
    const before = this.#restarts;
    this.#restarts = { done, failed };
    if (!before) return;
    const stops = done - before.done - (this.#isStopSeen ? 1 : 0);
    if (stops > 0 || failed > before.failed) this.#stop ??= this.#ran;
    if (!(done > before.done)) return;
    this.#isStopSeen = false;
    this.#ran = this.#moment();
  }

  /**
   * Does what is due. Returns what is to be shared; undefined: it is what was shared last.
   *
   * @param mayRestart whether a probe that fails may restart the service.
   */
  async look(
    shared: IcingaSample | undefined,
    mayRestart: boolean,
  ): Promise<IcingaSample | undefined> {
    const now = () => this.parts.clock.now();
    const before = this.#diagnosis;
    if (this.target.look === "icinga") await this.#explain();
    const isDue = now() - this.#sampledAt >= SAMPLE_EVERY || !shared;
    if (!isDue && this.#diagnosis === before) return undefined;
    if (isDue) this.#sampledAt = now();
    const { diagnosis: _, ...sample } = isDue
      ? { ...await this.sampler.take(), ...await this.#invalidity(mayRestart) }
      : shared;
    return { ...sample, ...(this.#diagnosis && { diagnosis: this.#diagnosis }) };
  }

  /** Before a probe restarts the service it is known whether that would find an invalid configuration. */
  async #invalidity(mayRestart: boolean): Promise<Pick<IcingaSample, "invalid">> {
    if (!mayRestart || this.target.look !== "icinga") this.#validated = undefined;
    else {
      const { configSignature } = await import("../icinga/mod.ts");
      const signature = await configSignature(this.folder);
      const now = this.parts.clock.now();
      const last = this.#validated;
      if (last?.signature !== signature || now - last.at >= HOLD_TIME) {
        const validation = await this.host.validate();
        this.#validated = { signature, at: now, validation };
      }
    }
    const { is, place, text } = this.#validated?.validation ?? {};
    return is === "invalid" ? { invalid: place === undefined ? text! : `${place}: ${text}` } : {};
  }

  /** Diagnoses a stop, ends a diagnosis, and mends what may be mended. */
  async #explain(): Promise<void> {
    const now = this.parts.clock.now();
    // Somebody else has started it.
    if (this.#runsSince !== undefined) this.#isStopSeen = false;
    const isDown = this.#runsSince === undefined && this.#diagnosis !== undefined && !this.#held;
    if (this.#stop) await this.#diagnose(this.#stop);
    else if (isDown && now - this.#diagnosedAt >= HOLD_TIME) await this.#diagnose(this.#ran);
    else if (now - (this.#runsSince ?? now) >= WELL_AFTER) {
      this.#diagnosis = undefined;
      this.#wasMended = false;
    }
    await this.#release();
    if (this.#mendsNext) await this.#mend();
  }

  /** What is found has happened since a moment; a clock that was set back meanwhile hides nothing. */
  async #diagnose({ wall, now: began }: Moment): Promise<void> {
    this.#stop = undefined;
    const now = this.#diagnosedAt = this.parts.clock.now();
    const { configSignature, diagnose } = await import("../icinga/mod.ts");
    const signature = await configSignature(this.folder);
    const { folder, host } = this;
    const found = this.#planMending(
      await diagnose({
        folder,
        since: Math.min(wall, Date.now() - (now - began)),
        validate: () => host.validate(),
        holder: (port) => host.holder(port),
        events: host.sources.events,
      }),
    );
    // A stop that nothing explains, and that is over, may have been a restart by a person or a probe.
    const isOver = this.#runsSince !== undefined && found.evidence.length === 0;
    this.#diagnosis = isOver ? undefined : found;
    this.#held = found.hold ? { signature, at: now } : undefined;
    const { what, evidence, advice } = found;
    if (this.#said?.what === what && now - this.#said.at < SAID_AGAIN) return;
    this.#said = { what, at: now };
    const text = [`Service '${this.service}': ${what}`, ...evidence].join("; ");
    // No evidence usually means that a person stopped it.
    agentLog(this.parts.log)[evidence.length > 0 ? "warning" : "info"](`${text}; ${advice}`);
  }

  /** What can be mended holds the service back until that is done, and says why it is not. */
  #planMending(found: Diagnosis): Diagnosis {
    const { repair, mode } = this.target;
    this.#mendsNext = false;
    if (!found.mends || !repair.includes(found.mends)) return found;
    const why = mode !== "act"
      ? `mode ${mode}: would have moved it aside`
      : this.#wasMended
      ? "one was moved aside already, and the service has not run for 5 min since"
      : undefined;
    if (why !== undefined) return { ...found, evidence: [...found.evidence, why] };
    this.#mendsNext = true;
    return { ...found, hold: true, advice: "nothing: it is moved aside, and the service started" };
  }

  /** Moves the state file aside, unless the service runs or is to be left alone; then the daemon starts it once. */
  async #mend(): Promise<void> {
    const { state } = this.parts.agent;
    const isLeftAlone = state.map(AGENT_MAPS.maintenance).has("paused") ||
      state.map(AGENT_MAPS.servicePauses).has(this.service.toLowerCase()) ||
      state.map(AGENT_MAPS.aside).has("installing");
    if (isLeftAlone || this.#runsSince !== undefined || !this.#diagnosis) return;
    this.#mendsNext = false;
    this.#held = undefined;
    const { evidence, ...diagnosis } = this.#diagnosis;
    const { moveStateFile } = await import("../icinga/mod.ts");
    const say = agentLog(this.parts.log).warning;
    try {
      const now = new Date();
      const kept = await moveStateFile(this.folder, now);
      this.#wasMended = true;
      const text = `it was moved aside, and is kept as ${kept}`;
      say(`Service '${this.service}': ${diagnosis.what}; ${text}; the service is started`);
      const advice = "nothing, if the service runs; what the file held is gone";
      const mended = { mended: now.toISOString(), hold: false, advice };
      this.#diagnosis = { ...diagnosis, ...mended, evidence: [...evidence, text] };
    } catch (error) {
      const text = `it cannot be moved aside: ${errorMessage(error)}`;
      say(`Service '${this.service}': ${diagnosis.what}; ${text}`);
      const advice = "stop the service, move the file away, start it";
      this.#diagnosis = { ...diagnosis, hold: false, advice, evidence: [...evidence, text] };
    }
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
    // If it stays down, the next check is soon.
    this.#diagnosedAt = now - HOLD_TIME + SAMPLE_EVERY;
  }
}
