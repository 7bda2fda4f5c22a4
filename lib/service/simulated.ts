import type { Clock } from "../base/mod.ts";
import { type ServiceAction, ServiceError } from "./error.ts";
import {
  type Progress,
  requireServiceName,
  type ServiceManager,
  type ServiceState,
  type TimeLimits,
  timeLimits,
} from "./manager.ts";
import { ChangingServiceManager, type ControlVerb } from "./restart.ts";
import type { Scenario } from "./scenario.ts";

/**
 * A simulation of one service, which has every name. Its state follows from the clock alone: nothing runs between
 * two calls.
 *
 * @example
 * ```ts
 * import { ManualClock } from "../base/mod.ts";
 * const clock = new ManualClock();
 * const manager = new SimulatedServiceManager(clock, { crashEvery: 4000 });
 * await clock.advance(4000);
 * await manager.query("icinga2"); // "STOPPED"
 * ```
 */
export class SimulatedServiceManager extends ChangingServiceManager implements ServiceManager {
  /** What was asked, in order: `query icinga2`, `start icinga2`; a restart also shows what it asks. */
  readonly calls: string[] = [];
  readonly #origin: number;
  #scenario: Scenario;
  #phase: Phase;
  #refused = 0;

  /** The simulation begins at the clock's present. */
  constructor(clock: Clock, scenario: Scenario = {}, limits: Partial<TimeLimits> = {}) {
    super(clock, timeLimits(limits));
    this.#origin = clock.now();
    this.#scenario = scenario;
    this.#phase = { state: scenario.state ?? "RUNNING", since: 0 };
  }

  /** See {@linkcode ServiceManager.query}. */
  async query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined> {
    this.#note("query", service, signal);
    if (this.#scenario.hangOnQuery) {
      await this.clock.sleep(this.limits.queryTimeout, signal);
      throw new ServiceError("timeout", "query", service, "the simulated service is silent");
    }
    return this.#scenario.absent ? undefined : this.#state();
  }

  /** See {@linkcode ServiceManager.restart}. */
  override async restart(
    service: string,
    signal?: AbortSignal,
    seen?: ServiceState,
  ): Promise<boolean> {
    this.#note("restart", service, signal);
    return await super.restart(service, signal, seen);
  }

  /** It makes a step each second while it is pending, unless it hangs. */
  progress(): Progress {
    const { state, since } = this.#phase;
    const moves = state.endsWith("_PENDING") && !this.#scenario.hangOnStop;
    return { checkpoint: moves ? Math.floor((this.#now() - since) / 1000) : 0, waitHint: 0 };
  }

  /** See {@linkcode ServiceManager.isDisabled}. */
  isDisabled(): Promise<boolean> {
    return Promise.resolve(this.#scenario.disabled ?? false);
  }

  /** See {@linkcode ServiceManager.enable}. */
  async enable(service: string, signal?: AbortSignal): Promise<void> {
    this.#note("enable", service, signal);
    if (this.#scenario.accessDenied) throw ServiceError.ofCode("enable", service, 5);
    this.repair({ ...this.#scenario, disabled: false });
    await Promise.resolve();
  }

  /** The simulated service has no display name. */
  nameOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Puts the service in a state; a pending one goes on from here as the scenario says. */
  set(state: ServiceState): void {
    this.#phase = { state, since: this.#now() };
  }

  /** Changes the scenario and keeps the state. Default: a healthy service. */
  repair(scenario: Scenario = {}): void {
    this.set(this.#state());
    this.#scenario = scenario;
    this.#refused = 0;
  }

  protected override change(
    change: ControlVerb,
    service: string,
    signal?: AbortSignal,
  ): Promise<void> {
    return Promise.try(() => {
      this.#note(change, service, signal);
      const { absent, accessDenied, disabled } = this.#scenario;
      if (absent) throw ServiceError.ofCode(change, service, 1060);
      if (accessDenied) throw ServiceError.ofCode(change, service, 5);
      if (disabled && change === "start") throw ServiceError.ofCode(change, service, 1058);
      this.#obey(change, service);
    });
  }

  /** Makes a change if the state allows it. */
  #obey(change: ControlVerb, service: string): void {
    const state = this.#state();
    if (change === "stop" && (state === "RUNNING" || state === "PAUSED")) this.set("STOP_PENDING");
    if (change === "continue" && state === "PAUSED") this.set("CONTINUE_PENDING");
    if (change === "start" && state === "STOPPED") {
      const { refuseStarts = 0 } = this.#scenario;
      if (this.#refused++ < refuseStarts) throw ServiceError.ofCode(change, service, 1053);
      this.#refused = 0;
      this.set("START_PENDING");
    }
  }

  #note(action: ServiceAction, service: string, signal?: AbortSignal): void {
    signal?.throwIfAborted();
    requireServiceName(service);
    this.calls.push(`${action} ${service}`);
  }

  #state(): ServiceState {
    this.#phase = phaseAt(this.#phase, this.#scenario, this.#now());
    return this.#phase.state;
  }

  #now(): number {
    return this.clock.now() - this.#origin;
  }
}

/** The state of a simulated service. */
interface Phase {
  state: ServiceState;
  /** Since when, milliseconds after the simulation was made. */
  since: number;
}

/** The phase at `now` of a service that was in another one before, without any call meanwhile. */
function phaseAt(phase: Phase, scenario: Scenario, now: number): Phase {
  const next = nextPhase(phase, scenario);
  return next.since <= now ? phaseAt(next, scenario, now) : phase;
}

/** The phase that follows without any call; at `Infinity` if none does. */
function nextPhase({ state, since }: Phase, scenario: Scenario): Phase {
  const { startTakes = 0, stopTakes = 0, hangOnStop = false } = scenario;
  switch (state) {
    case "START_PENDING":
    case "CONTINUE_PENDING":
      return { state: "RUNNING", since: since + startTakes };
    case "STOP_PENDING":
      return { state: "STOPPED", since: hangOnStop ? Infinity : since + stopTakes };
    case "PAUSE_PENDING":
      return { state: "PAUSED", since: since + stopTakes };
    case "RUNNING":
      return { state: "STOPPED", since: nextCrash(since, scenario) };
    case "STOPPED":
    case "PAUSED":
      return { state, since: Infinity };
  }
}

/** When a service that came to run at `since` crashes next. */
function nextCrash(since: number, { crashEvery = Infinity, crashAt = [] }: Scenario): number {
  return Math.min(since + crashEvery, ...crashAt.filter((at) => at > since));
}
