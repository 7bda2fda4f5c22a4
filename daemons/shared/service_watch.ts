import { errorMessage, formatDuration } from "../../lib/base/mod.ts";
import type { Service } from "icinga-warden/daemon";
import {
  mostCareful,
  pendingLimit,
  ServiceError,
  type ServiceMode,
  type ServiceState,
} from "../../lib/service/mod.ts";
import {
  afterAttempt,
  afterSeen,
  isStable,
  LONGEST_WAIT,
  type Loop,
  nextAttempt,
  NO_LOOP,
} from "./crash_loop.ts";
import { decide, PERMANENT, queriesAtOnce } from "./watch_decisions.ts";
import { DisabledService, LOOK_AGAIN } from "./disabled_service.ts";
import { LastSeen } from "./last_seen.ts";
import type { WatchSettings } from "./watch_arguments.ts";
import { type SharedState, type WatchContext, WatchReport } from "./watch_report.ts";

/** Why nothing is restarted after Windows has refused a start with that (1115). */
const SHUTTING_DOWN = "Windows is shutting down";

/** Keeps one service running; each tick is one query and, where it is called for, one restart. */
export class ServiceWatch {
  /** The mode in force: the more careful of the service's own and the agent's. */
  readonly mode: ServiceMode;
  readonly #context: WatchContext;
  readonly #service: Service;
  readonly #shared: SharedState;
  readonly #settings: WatchSettings;
  readonly #hold: () => string | undefined;
  readonly #report: WatchReport;
  readonly #disabled: DisabledService;
  readonly #seen: LastSeen;
  /** No attempt before this time, even where the backoff allows one; ms of the clock. */
  #notBefore = -Infinity;
  /** Whether one attempt may ignore the backoff. */
  #isDueNow = false;
  /** The tick or restart that is running; the next one waits for it. */
  #work: Promise<void> = Promise.resolve();
  /** Whether a change of its state waits for a query. */
  #hasChanged = false;
  /** A restart that takes longer than its limit and is under way: when it began, and what it failed with so far. */
  #late: { begin: number; error: unknown } | undefined;
  /** Windows is assumed to be shutting down until this time, ms of the clock. */
  #shutsDownUntil = -Infinity;
  #loop: Loop;

  /**
   * `restart_error` begins with 0.
   *
   * @param hold why a restart cannot help now, in one clause; undefined: it may. Default: it always may.
   */
  constructor(
    context: WatchContext,
    service: Service,
    shared: SharedState,
    settings: WatchSettings,
    hold: () => string | undefined = () => undefined,
  ) {
    this.mode = mostCareful(service.mode, settings.mode as ServiceMode);
    this.#context = context;
    this.#service = service;
    this.#shared = shared;
    this.#settings = settings;
    this.#hold = hold;
    this.#seen = new LastSeen(settings.interval);
    this.#report = new WatchReport(context, service, shared);
    this.#report.counted.mode = this.mode;
    if (this.mode !== "observe") this.observe(undefined);
    this.#disabled = new DisabledService({
      ...{ context, service, settings, mode: this.mode, report: this.#report },
      isInterrupted: (error) => this.#isInterrupted(error),
      wait: (ms) => this.#wait(ms),
      leave: () => this.#forgetLoop(),
    });
    this.#loop = { ...NO_LOOP, flapping: this.#report.counted.flapping ?? false };
    const key = service.name.toLowerCase();
    context.state.agent<number>("ServiceStates").onChange((change) => {
      if (change.key !== key || change.old === undefined) return;
      // By the next query it may run again. That the agent cannot see it for a moment says nothing.
      if (change.value !== undefined) this.#seen.doubt();
      this.#wake();
    });
    // Somebody has disabled it, or has enabled it again: no backoff delays that.
    context.state.agent<string>("ServiceStartTypes").onChange(({ key: changed, old, value }) => {
      if (changed !== key || value === undefined) return;
      const wasDisabled = old === "disabled" || this.#report.counted.disabled !== undefined;
      if (value === "disabled" || wasDisabled) this.tryAtOnce();
    });
  }

  /** Since when it is RUNNING, ms of the context's clock; undefined while it is not. */
  get runningSince(): number | undefined {
    return this.#seen.state === "RUNNING" ? this.#seen.since : undefined;
  }

  /** Why no service is restarted at present, as a clause; undefined: it may be. */
  heldBack(): string | undefined {
    if (this.#context.now() < this.#shutsDownUntil) return SHUTTING_DOWN;
    return this.#context.state.agent<string>("Aside").get("installing");
  }

  /**
   * Shares and logs that the service would be restarted, were it not only observed.
   *
   * @param why a clause; undefined: it would not be restarted any more.
   */
  observe(why: string | undefined): void {
    this.#report.wouldRestart(why);
  }

  /** The next tick may try to start it once without the backoff: the cause of its stop was fixed. */
  tryAtOnce(): void {
    this.#isDueNow = true;
  }

  /** Rejects only when the daemon is to stop; any other failure is logged. */
  tick(): Promise<void> {
    return this.#inTurn(() => this.#tick());
  }

  /** Ticks before the next interval is over: the agent has seen another state. */
  #wake(): void {
    if (this.#hasChanged) return;
    this.#hasChanged = true;
    const look = this.#inTurn(async () => {
      this.#hasChanged = false;
      const { now, state, signal } = this.#context;
      const isPaused = state.agent("Maintenance").has("paused");
      if (signal.aborted || isPaused) return;
      const sinceAttempt = now() - this.#loop.lastAttempt;
      if (queriesAtOnce(sinceAttempt, this.#settings.interval)) await this.#tick();
    });
    // The daemon is to stop; the next tick rejects too.
    look.catch(() => {});
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  async #tick(): Promise<void> {
    const begin = this.#context.now();
    try {
      const state = await this.#service.query();
      this.#report.queried(this.#since(begin));
      await this.#act(state);
    } catch (error) {
      if (!this.#isInterrupted(error)) this.#report.queryFailed(errorMessage(error));
    } finally {
      this.#share();
    }
  }

  /**
   * Stops and starts it though it runs, since a probe finds that it does not work; counted as any other restart. Nothing
   * is done when it has left this state, or is to be left alone, by the time that it is its turn.
   */
  restartRunning(): Promise<void> {
    const { runningSince } = this;
    return this.#inTurn(async () => {
      const isSame = runningSince !== undefined && runningSince === this.runningSince;
      if (!isSame || this.#isLeftAlone()) return;
      try {
        await this.#restart();
      } catch (error) {
        if (!this.#isInterrupted(error)) throw error;
      } finally {
        this.#share();
      }
    });
  }

  /** Whether it would not start again after a stop, since it is disabled; then a warning says so. */
  async isDisabled(): Promise<boolean> {
    try {
      if (!await this.#disabled.isDisabled()) return false;
      this.#report.wouldNotStart();
    } catch (error) {
      if (!this.#isInterrupted(error)) throw error;
    }
    return true;
  }

  async #act(state: ServiceState | undefined): Promise<void> {
    const now = this.#context.now();
    const isFirst = this.#seen.since === undefined;
    if (state === undefined) this.#forgetLoop();
    const before = this.#note(state);
    const since = this.#seen.since!;
    if (state === undefined && isFirst) await this.#hintName();
    if (!state?.endsWith("_PENDING")) await this.#endLate(state);
    this.#setLoop(afterSeen(this.#loop, state === "RUNNING", now, this.#settings));
    if (state !== "RUNNING" && this.#service.isPaused()) return;
    const limit = pendingLimit(this.#settings.pendingLimit, this.#service.progress());
    switch (decide(state, now - since, limit)) {
      case "none":
        this.#isDueNow = false;
        if (state === "RUNNING") this.#report.runs(before);
        return;
      case "wait":
        return;
      case "restart":
        return await this.#tryToRestart(state!);
      case "report-stuck":
        this.#reportStuck(state!, limit);
        // The next report follows after another `limit`.
        this.#seen.since = now;
    }
  }

  /** Restarts it, unless something holds the restart back. */
  async #tryToRestart(state: ServiceState): Promise<void> {
    const now = this.#context.now();
    const reason = this.heldBack() ?? this.#hold();
    this.#report.held(reason);
    if (reason !== undefined) return await this.#disabled.forgetOld();
    if (!this.#mayTry(now)) return;
    if (state === "STOPPED" && await this.#disabled.isLeftSo()) return;
    // A pause may have begun while the start type was read.
    if (this.#isLeftAlone()) return;
    if (this.mode !== "observe") return await this.#restart(state);
    this.#wait(LOOK_AGAIN);
    this.observe(`it is ${state}`);
  }

  /** Whether a command, an installation or the end of Windows asks for no change. */
  #isLeftAlone(): boolean {
    return this.#service.isPaused() || this.heldBack() !== undefined;
  }

  #wait(ms: number): void {
    this.#notBefore = this.#context.now() + ms;
  }

  /** An attempt takes a moment: a wait of two intervals is over at the second query after it, not at the third. */
  #mayTry(now: number): boolean {
    const { backoff, interval } = this.#settings;
    const isDueNow = this.#isDueNow;
    this.#isDueNow = false;
    // What comes after this attempt waits for its own result alone.
    if (isDueNow) this.#notBefore = -Infinity;
    return isDueNow ||
      now + interval / 2 >= Math.max(nextAttempt(this.#loop, backoff), this.#notBefore);
  }

  /** @param seen the state that led here. A service that has left it meanwhile is not restarted. */
  async #restart(seen?: ServiceState): Promise<void> {
    const begin = this.#context.now();
    let wasAsked: boolean;
    try {
      wasAsked = await this.#service.restart(seen);
    } catch (error) {
      if (this.#isInterrupted(error)) return this.#noteShutdown(error);
      this.#loop = afterAttempt(this.#loop, false, this.#context.now());
      const isLate = error instanceof ServiceError && error.kind === "timeout";
      if (!isLate || !await this.#isOnItsWay(begin)) return await this.#noteFailure(error);
      this.#late = { begin, error };
      return;
    }
    if (!wasAsked) return this.#report.runs(this.#note("RUNNING"));
    this.#noteRestart(begin);
  }

  /** The restart that was late is over: it counts as any other. */
  async #endLate(state: ServiceState | undefined): Promise<void> {
    const late = this.#late;
    this.#late = undefined;
    if (!late) return;
    if (state === "RUNNING") this.#noteRestart(late.begin);
    else if (state === "STOPPED" && !this.#isLeftAlone()) await this.#noteFailure(late.error);
  }

  #noteRestart(begin: number): void {
    this.#loop = afterAttempt(this.#loop, true, this.#context.now());
    this.#seen.begin("RUNNING", this.#service.progress().checkpoint, this.#context.now());
    this.#report.restarted(this.#since(begin), this.#loop.flapping);
  }

  /** Whether it is pending and may be: it reports progress, or `pendingLimit` is not over. The next ticks judge that. */
  async #isOnItsWay(begin: number): Promise<boolean> {
    const state = await this.#service.query().catch(() => undefined);
    if (!state?.endsWith("_PENDING")) return false;
    const { checkpoint } = this.#service.progress();
    if (checkpoint === 0 && this.#context.now() - begin >= this.#settings.pendingLimit) {
      return false;
    }
    this.#note(state);
    return true;
  }

  /** During a shutdown nothing is restarted; the next boot starts the service. */
  #noteShutdown(error: unknown): void {
    if (!(error instanceof ServiceError) || error.kind !== "shutting-down") return;
    this.#shutsDownUntil = this.#context.now() + LONGEST_WAIT;
    this.#report.held(SHUTTING_DOWN);
  }

  /** A disabled service does not count as a failure: an administrator chose that. */
  async #noteFailure(error: unknown): Promise<void> {
    const kind = error instanceof ServiceError ? error.kind : "failed";
    const isPermanent = PERMANENT.has(kind);
    if (isPermanent) this.#wait(LONGEST_WAIT);
    if (kind === "disabled") return void await this.#disabled.meet(LONGEST_WAIT);
    delete this.#report.counted.disabled;
    this.#report.counted.restartFailures++;
    this.#report.failed(errorMessage(error), isPermanent);
  }

  #reportStuck(state: ServiceState, limit: number): void {
    const { name } = this.#service;
    const isEnded = this.#settings.endStuck && this.mode === "act" && !this.#isLeftAlone();
    const what = isEnded
      ? "its process is ended (endStuck)"
      : "end its process, or raise pendingLimit if it takes that long";
    const span = formatDuration(limit);
    this.#report.failed(
      `Service '${name}' has been ${state} for ${span} without progress; ${what}`,
    );
    if (isEnded) this.#service.endProcess();
  }

  /** Shares the state and logs a change of it. Returns the state before; undefined: none was seen. */
  #note(state: ServiceState | undefined): ServiceState | undefined {
    const { state: before, since } = this.#seen;
    this.#shared.setValue(state);
    if (state !== "STOPPED") delete this.#report.counted.disabled;
    const { checkpoint } = this.#service.progress();
    if (this.#seen.take(state, checkpoint, this.#context.now())) {
      this.#notBefore = -Infinity;
      // Its thread may have been started anew while it was STOPPED: then that is not said a second time.
      if (since !== undefined || state === "RUNNING") this.observe(undefined);
      this.#report.changed(state, before, this.#loop.flapping);
    }
    return before;
  }

  /** Logs the right name where the configuration has the display name, the most frequent mistake. */
  async #hintName(): Promise<void> {
    const name = await this.#service.nameByDisplayName();
    if (name !== undefined) this.#report.misnamed(name);
  }

  /** It is gone, or disabled: nothing is tried any more, and what comes after that is another matter. */
  #forgetLoop(): void {
    this.#loop = NO_LOOP;
    this.#report.forgetLoop();
    this.observe(undefined);
  }

  #setLoop(loop: Loop): void {
    this.#report.loop(loop, this.#loop.flapping);
    this.#loop = loop;
  }

  #share(): void {
    // While no query is answered nobody knows that it runs.
    const stable = this.#report.counted.queryError === undefined &&
      isStable(this.#loop, this.#context.now(), this.#settings);
    const { flapping, restarts: { length: restartsLastHour } } = this.#loop;
    Object.assign(this.#report.counted, { stable, flapping, restartsLastHour });
    this.#report.share();
  }

  /** Seconds since a time of the context's clock. */
  #since(begin: number): number {
    return (this.#context.now() - begin) / 1000;
  }

  /**
   * Whether an error means that this daemon is about to stop: Ctrl+C reached the child first, or Windows shuts down.
   *
   * @throws {unknown} the error, when the daemon is to stop already.
   */
  #isInterrupted(error: unknown): boolean {
    if (this.#context.signal.aborted) throw error;
    return error instanceof ServiceError && ["interrupted", "shutting-down"].includes(error.kind);
  }
}
