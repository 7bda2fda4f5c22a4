import { formatDuration, formatSpan, isSameJson } from "../../../lib/base/mod.ts";
import type { DaemonContext, DaemonMap, Service } from "icinga-warden/daemon";
import type { IcingaSample } from "../../../lib/icinga/mod.ts";
import { judgeProbe, type ProbeInfo } from "./judge.ts";
import type { ConfiguredProbe } from "./mod.ts";
import { heldByConfiguration, isFault, type ProbeVerdict } from "./probe.ts";

export type { ConfiguredProbe };

/** What is shared of a probe, under its name in the map `ServiceProbes`. */
export interface SharedProbe extends Pick<ProbeVerdict, "is" | "text" | "advice"> {
  /** Whether it fails for longer than `failAfter`. */
  failed: boolean;
  /** Since when it fails, UTC ISO 8601. */
  since?: string;
  /** It fails, and may restart the service for that, unless the configuration turns out to be invalid. */
  mayRestart?: true;
}

/** Older samples are not used, ms. */
const SAMPLE_AGE = 3 * 60_000;

type Context = Pick<DaemonContext, "log" | "now" | "signal" | "state">;

/** How probes act, and where they are shared. */
export interface RunnerPlan {
  /** Stops and starts the service. */
  restart: () => Promise<void>;
  /** Whether the service would not start again after a stop, since it is disabled. Default: it would. */
  isDisabled?: () => Promise<boolean>;
  /** What their keys begin with in the map `ServiceProbes`. Default: nothing. */
  prefix?: string;
  /** From 0 to 1, for the wait before a restart. Default: `Math.random`. */
  random?: () => number;
}

/** Runs the probes of one service. */
export class ProbeRunner {
  readonly #context: Context;
  readonly #service: Service;
  readonly #probes: readonly ConfiguredProbe[];
  readonly #shared: DaemonMap<SharedProbe>;
  readonly #host: DaemonMap<IcingaSample>;
  readonly #infos = new Map<string, ProbeInfo>();
  readonly #plan: Required<RunnerPlan>;
  #lastRestart: number | undefined;
  /** The sample that was seen last, by its time, and since when, ms of the context's clock. */
  #seen: { at: string; since: number } | undefined;
  #isIntroduced = false;

  /** What is shared of a probe that is off goes away. */
  constructor(
    context: Context,
    service: Service,
    probes: readonly ConfiguredProbe[],
    { prefix = "", random = Math.random, isDisabled = () => Promise.resolve(false), ...plan }:
      RunnerPlan,
  ) {
    this.#context = context;
    this.#service = service;
    this.#probes = probes.filter(({ action }) => action !== "off");
    this.#plan = { prefix, random, isDisabled, ...plan };
    this.#shared = context.state.map<SharedProbe>("ServiceProbes");
    this.#host = context.state.agent<IcingaSample>("Host");
    const keys = new Set(this.#probes.map(({ name }) => prefix + name));
    for (const key of this.#shared.keys()) {
      if (key.startsWith(prefix) && !keys.has(key)) this.#shared.delete(key);
    }
  }

  /**
   * Judges what is due, and restarts the service where that is called for.
   *
   * @param runningSince when it came to run, ms as of the context's clock; undefined while it does not run: then, and
   * until a probe's `settle` has passed, the probe does not judge.
   * @param mayRestart whether a restart is allowed now.
   * @param observe in mode `observe`, called instead of a restart with the reason; undefined: the reason is gone.
   */
  async tick(
    runningSince: number | undefined,
    mayRestart: boolean,
    observe?: (why: string | undefined) => void,
  ): Promise<void> {
    const { now } = this.#context;
    const sample = this.#sample();
    if (!sample || runningSince === undefined) return;
    for (const probe of this.#probes) {
      const before = this.#infos.get(probe.name);
      if (now() - runningSince < probe.settle) {
        if (this.#isOver(probe, sample)) observe?.(undefined);
        continue;
      }
      if (before && now() - before.at < probe.every) continue;
      const seen = probe.probe(sample, Date.now());
      const verdict = heldByConfiguration(seen, sample);
      if (verdict.isOff) {
        this.#infos.delete(probe.name);
        this.#shared.delete(this.#plan.prefix + probe.name);
        continue;
      }
      const judged = judgeProbe(before, verdict, {
        ...probe,
        action: mayRestart ? probe.action : "tell",
        now: now(),
        lastRestart: this.#lastRestart,
        random: this.#plan.random,
      });
      const { step } = judged;
      const wouldRestart = step === "restart" && observe !== undefined;
      if (step === "restart" && !wouldRestart && await this.#plan.isDisabled()) {
        // It stays due: it is restarted once somebody has enabled it.
        const text = `${verdict.text}; it is not restarted, since its start type is disabled`;
        const info = { ...before!, verdict: { ...verdict, text }, at: now() };
        this.#infos.set(probe.name, info);
        this.#share(probe.name, info, mayRestart);
        continue;
      }
      const { failsSince } = before ?? {};
      // Nothing is restarted, so that it still fails is no news.
      const same = wouldRestart &&
        { failed: true, ...(failsSince !== undefined && { failsSince }) };
      const info = { ...judged.info, ...same };
      this.#infos.set(probe.name, info);
      this.#share(probe.name, info, mayRestart && isCurable(seen, probe));
      if (step === "recovered") observe?.(undefined);
      if (step === "restart") this.#lastRestart = now();
      if (wouldRestart) return observe(info.verdict.text);
      this.#say(probe, info, step, observe !== undefined);
      if (step !== "restart") continue;
      return await this.#plan.restart();
    }
  }

  /**
   * Shares that a fault from before this start is over. Else nothing is judged yet; nor is it known whether a restart
   * has helped. Returns whether the fault had been logged.
   */
  #isOver(probe: ConfiguredProbe, sample: IcingaSample): boolean {
    const { name } = probe;
    const shared = this.#shared.get(this.#plan.prefix + name);
    if (!shared || !isFault(shared)) return false;
    const verdict = probe.probe(sample, Date.now());
    if (verdict.is !== "ok") return false;
    const { at = -Infinity, restarts = 0 } = this.#infos.get(name) ?? {};
    const info = { verdict, failed: false, restarts, at };
    this.#infos.set(name, info);
    this.#share(name, info, false);
    if (shared.failed) this.#say(probe, info, "recovered", false);
    return shared.failed;
  }

  /** The sample of the service; undefined when there is none, or it is too old. */
  #sample(): IcingaSample | undefined {
    const sample = this.#probes.length > 0
      ? this.#host.get(this.#service.name.toLowerCase())
      : undefined;
    if (!sample) return undefined;
    const { now } = this.#context;
    if (this.#seen?.at !== sample.at) this.#seen = { at: sample.at, since: now() };
    if (!this.#isIntroduced) this.#introduce(sample);
    return now() - this.#seen!.since > SAMPLE_AGE ? undefined : sample;
  }

  /**
   * Logs once which probes run, when it is known whether the parents' can tell anything. A probe that is unknown logs the
   * reason itself.
   */
  #introduce(sample: IcingaSample): void {
    if (sample.link?.isEarly) return;
    this.#isIntroduced = true;
    const used = this.#probes.filter(({ probe }) => probe(sample, Date.now()).is !== "unknown");
    const names = used.map(({ name }) => name).join(", ") || "none can tell anything";
    this.#context.log.info(`Probes of service '${this.#service.name}': ${names}`);
  }

  #share(name: string, { verdict, failed, failsSince }: ProbeInfo, mayRestart: boolean): void {
    const { is, text, advice } = verdict;
    const key = this.#plan.prefix + name;
    const before = this.#shared.get(key);
    const ago = failsSince === undefined ? undefined : this.#context.now() - failsSince;
    const since = before?.since ??
      (ago === undefined ? "" : new Date(Date.now() - ago).toISOString());
    const after: SharedProbe = {
      is,
      text,
      failed,
      ...(advice !== undefined && { advice }),
      ...(ago !== undefined && { since }),
      ...(mayRestart && { mayRestart }),
    };
    if (!isSameJson(after, before)) this.#shared.set(key, after);
  }

  #say(
    { name, failAfter }: ConfiguredProbe,
    { verdict: { text, advice }, due, restarts }: ProbeInfo,
    step: ReturnType<typeof judgeProbe>["step"],
    isObserved: boolean,
  ): void {
    const { log, now } = this.#context;
    const who = `Probe ${name} of service '${this.#service.name}'`;
    if (step === "unknown") log.info(`${who} is unknown: ${text}`);
    if (step === "recovered") log.info(`${who} is ok again: ${text}`);
    if (step === "restart") log.warning(`${who}: the service is restarted now, since ${text}`);
    if (step !== "warn") return;
    const wait = due === undefined ? "" : formatSpan((due - now()) / 1000);
    const plan = due === undefined
      ? restarts > 0 ? "; a restart did not help" : ""
      : isObserved
      ? `; it would be restarted in ${wait}`
      : `; the service is restarted in ${wait} unless that changes`;
    const todo = advice === undefined ? "" : `; ${advice}`;
    log.warning(`${who} fails for ${formatDuration(failAfter)} and longer: ${text}${plan || todo}`);
  }
}

/** Whether a probe fails in a way for which it may restart the service. */
function isCurable(verdict: ProbeVerdict, { action }: ConfiguredProbe): boolean {
  return isFault(verdict) && !verdict.tellOnly && action.startsWith("restart");
}
