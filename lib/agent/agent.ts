import { join } from "node:path";
import {
  buildInfo,
  type Clock,
  cut,
  type FileError,
  readTextWhenFreeSync,
  replaceFile,
  systemClock,
  within,
} from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  AGENT_MAPS,
  type AgentInfo,
  type DaemonInfo,
  declaredMetrics,
  MAIN_THREAD,
  mapPath,
  mayWrite,
  ownerOf,
  type Pause,
  type RunEnd,
  type RunMode,
  VERDICT_MAP,
} from "../daemon/mod.ts";
import { agentLog, limitLog, type WriteLog } from "../log/mod.ts";
import type { Troubles } from "./troubles.ts";
import type { RegisteredDaemon } from "../registry/mod.ts";
import { mostCareful, type ServiceManagerPlan } from "../service/mod.ts";
import { readDisks } from "./disks.ts";
import { endProcess } from "./end_process.ts";
import { readSecret } from "./secrets.ts";
import { Pauses } from "./pauses.ts";
import { planDaemons, warningsOf } from "./plans.ts";
import { type Target, targetsOf } from "./targets.ts";
import { MainState, StateFile } from "../state/mod.ts";
import { diffPlans, samePlan, STOP_LIMIT, Supervisor } from "../supervisor/mod.ts";

/** What an agent is made of. */
export interface AgentParts {
  /** The configuration in force. */
  config: Config;
  /** The daemons that it registers, their modules checked. */
  daemons: readonly RegisteredDaemon[];
  /** The home folder, absolute. */
  home: string;
  /** The folder of its saved state, absolute. Default: home. */
  files?: string;
  /** The service manager that daemons get. */
  serviceManager: ServiceManagerPlan;
  /** Where its log records go. */
  log: WriteLog;
  /** How it was started. Default: `foreground`. */
  mode?: RunMode;
  /** How the previous run of this home ended, if there was one. */
  lastEnd?: RunEnd | undefined;
  /** Logs and shares what the agent cannot do. Default: nothing does. */
  troubles?: Troubles;
  /** Where time comes from. Default: the system's clock. */
  clock?: Clock;
}

/** How long a stop waits for the last writes of threads that have ended, ms. */
const LAST_WRITES = 250;

/** How long the last save of the state may take, ms: its disk may be far, or hang. */
const LAST_SAVE = 500;

/** How long a command waits until its pause is saved, ms. */
const PAUSE_SAVE = 3_000;

/** Follows the problem of a module that was not examined in time. */
const AGAIN = "; it is tried again, unless its thread is in an endless loop";
/** Follows the problem of a module that could not be read. */
const READ_AGAIN = "; it is read again";

/** Writes of the agent itself. Above that they travel together: every message wakes every thread. */
const WRITE_PACE = { burst: 20, perSecond: 4, onHeld: () => {} };

/** An agent that runs: one thread for each daemon that is registered and enabled, all sharing the public state. */
export class Agent {
  /** The agent's own copy of the public state. */
  readonly state: MainState;
  /** Resolves when every thread has ended and the state is closed. */
  readonly done: Promise<void>;
  readonly #parts: AgentParts;
  readonly #clock: Clock;
  readonly #stateFile: StateFile;
  readonly #supervisor: Supervisor;
  readonly #pauses: Pauses;
  readonly #end = Promise.withResolvers<void>();
  #daemons: readonly RegisteredDaemon[] = [];
  /** What was warned of last. */
  #warned: readonly string[] = [];
  #stopped = false;
  #isOver = false;

  /** Starts it. */
  constructor(parts: AgentParts) {
    const { log, config, daemons, clock = systemClock, troubles } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.done = this.#end.promise;
    this.state = new MainState({
      thread: MAIN_THREAD,
      mayWrite,
      ownerOf,
      pace: WRITE_PACE,
      onProblem: agentLog(limitLog(log, () => clock.now()).write).warning,
    });
    this.#stateFile = StateFile.open(this.state, {
      path: join(parts.files ?? parts.home, "state.json"),
      write: (path, text) =>
        replaceFile(path, text, { mode: 0o600 }).catch(({ reason }: FileError) => {
          throw new Error(reason);
        }),
      read: readTextWhenFreeSync,
      onWarning: agentLog(log).warning,
      onTrouble: (text) => troubles?.report("state", text),
    });
    troubles?.publish(this.state.map(AGENT_MAPS.troubles));
    const threads = this.state.map(AGENT_MAPS.threads);
    this.#supervisor = new Supervisor({
      clock,
      log,
      endProcess: (what) => void endProcess(what, log).catch(agentLog(log).warning),
      answer: (what) => what.about === "disks" ? readDisks() : readSecret(parts.home, what.name),
      connect: (port, thread, countWrites) => this.state.connect(port, thread, countWrites),
      onInfo: (thread, info) => {
        if (this.#isOver) return;
        if (info) threads.set(thread, info);
        else threads.delete(thread);
      },
    });
    this.#pauses = new Pauses(this.state, clock, this.#supervisor.gate, agentLog(log).info);
    this.#supervisor.pools.set(config.threadPools);
    this.#tellInfo();
    this.#tellDaemons(daemons);
    this.#warn(daemons, config);
    const plans = planDaemons(daemons, config, parts);
    if (!Object.values(config.daemons).some(({ enabled }) => enabled)) {
      agentLog(log).warning("No daemon is registered and enabled: there is nothing to do");
    }
    for (const plan of plans.values()) this.#supervisor.start(plan);
  }

  /**
   * Stops every daemon, each within its grace of 5 s, and then the agent, 12 s later at the latest; the same promise as
   * `done`. The state is saved at once and again at the end.
   */
  stop(): Promise<void> {
    if (!this.#stopped) void this.#takeDown();
    this.#stopped = true;
    return this.done;
  }

  /**
   * Pauses it: `every` skips its calls and nothing is started again until it is resumed. Or pauses a service, which is
   * then left alone. Resolves when it is saved, or cannot be within 3 s.
   *
   * @param by who asks for it.
   * @param duration ms after which it resumes, also after a restart of the agent. Default: never.
   * @param service its name. Default: all.
   */
  pause(by: Pause["by"], duration?: number, service?: string): Promise<void> {
    this.#pauses.begin(by, duration, service);
    return this.#savePauses();
  }

  /** Ends a pause; resolves as {@linkcode pause} does. @param service the one whose pause it is. Default: the agent's. */
  resume(service?: string): Promise<void> {
    this.#pauses.end(service);
    return this.#savePauses();
  }

  /** A confirmed pause must survive the end of the process. */
  async #savePauses(): Promise<void> {
    await within(this.#stateFile.save(), { ms: PAUSE_SAVE, clock: this.#clock });
  }

  /**
   * Stops a daemon and starts it again; resolves when the old threads have ended.
   *
   * @throws {Error} when no daemon of this name is to run, or it has a problem: one that goes on as it was would be
   * started with what is wrong.
   */
  async restartDaemon(name: string): Promise<void> {
    const { enabled, problem, runs } = this.#daemons.find((one) => one.name === name) ?? {};
    if (enabled && problem !== undefined && !runs) {
      const goesOn = this.#supervisor.plans().has(name) ? ", which goes on as it was" : "";
      throw new Error(`Cannot restart daemon '${name}'${goesOn}: ${problem}`);
    }
    await this.#supervisor.restart(name, "a command asked for it");
  }

  /**
   * Puts another configuration into force: only what differs is started, stopped or restarted. A daemon that
   * runs goes on unchanged when its new registration cannot be used. Resolves when all old threads have ended.
   */
  async apply(config: Config, daemons: readonly RegisteredDaemon[]): Promise<void> {
    this.#tellDaemons(daemons);
    this.#warn(daemons, config);
    this.#supervisor.pools.set(config.threadPools);
    const before = this.#supervisor.plans();
    const after = planDaemons(daemons, config, this.#parts);
    for (const { name, problem, runs } of daemons) {
      const running = before.get(name);
      if (problem !== undefined && runs === undefined && running) after.set(name, running);
    }
    const { start, stop, restart } = diffPlans(before, after, samePlan);
    const stopped = stop.map((name) => this.#supervisor.stop(name));
    for (const plan of start) this.#supervisor.start(plan);
    const changed = restart.filter((plan) => !this.#supervisor.changeArguments(plan));
    const restarted = changed.map((plan) =>
      this.#supervisor.restart(plan.assignment.daemon, "it was changed", plan)
    );
    await Promise.all([...stopped, ...restarted]);
    // It would be told again, as a new one, when the daemon is registered again.
    for (const name of stop) this.state.map(mapPath(name, VERDICT_MAP)).delete("now");
  }

  /** The services that the main thread watches for daemons. */
  icinga(): ({ daemon: string } & Target)[] {
    const { serviceManager: { kind, mode: most = "act" } } = this.#parts;
    return this.#daemons.flatMap(({ module, enabled, problem, description, runs, ...daemon }) => {
      if (module !== null || !enabled || (problem !== undefined && !runs)) return [];
      const targets = targetsOf(description?.arguments ?? {}, daemon.arguments);
      return targets.filter(({ dataDir }) => kind !== "simulated" || dataDir !== "")
        .map(({ mode, ...target }) => ({
          ...target,
          daemon: daemon.name,
          mode: mostCareful(most, mode),
        }));
    });
  }

  /** Logs each warning once, until it is gone. */
  #warn(daemons: readonly RegisteredDaemon[], config: Config): void {
    const warnings = warningsOf(daemons, config);
    const fresh = warnings.filter((text) => !this.#warned.includes(text));
    for (const text of fresh) agentLog(this.#parts.log).warning(text);
    this.#warned = warnings;
  }

  async #takeDown(): Promise<void> {
    const { warning } = agentLog(this.#parts.log);
    const clock = this.#clock;
    this.#pauses.close();
    const stopping = this.#supervisor.stopAll();
    void this.#stateFile.save();
    const left = await stopping;
    if (left.length > 0) {
      const names = cut(left.join(", "), 300);
      warning(`Not ended ${STOP_LIMIT / 1000} s after the stop, which goes on without: ${names}`);
    }
    await this.state.othersLeft(LAST_WRITES);
    const late = () => warning(`The state could not be saved within ${LAST_SAVE} ms`);
    await within(this.#stateFile.close(), { ms: LAST_SAVE, late, clock });
    this.#isOver = true;
    this.#parts.troubles?.publish(undefined);
    this.state.close();
    this.#end.resolve();
  }

  #tellInfo(): void {
    const { home, mode = "foreground", lastEnd, serviceManager } = this.#parts;
    const { version, commit, deno } = buildInfo();
    const info: AgentInfo = {
      version,
      commit,
      deno,
      pid: Deno.pid,
      home,
      mode,
      started: new Date().toISOString(),
      ...(serviceManager.kind === "simulated" && { simulated: true }),
      ...(lastEnd && { last_end: lastEnd }),
    };
    const map = this.state.map(AGENT_MAPS.info);
    for (const [key, value] of Object.entries(info)) map.set(key, value);
  }

  /** Publishes which daemons are registered, and logs a problem of one when it is new. */
  #tellDaemons(daemons: readonly RegisteredDaemon[]): void {
    this.#daemons = daemons;
    const map = this.state.map<string, DaemonInfo>(AGENT_MAPS.daemons);
    const names = new Set(daemons.map(({ name }) => name));
    for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    for (const daemon of daemons) {
      const { name, module, enabled, permissions, problem, runs, description, isLate, isUnread } =
        daemon;
      if (problem !== undefined && problem !== map.get(name)?.problem) {
        const outcome = runs
          ? "runs, but not as configured"
          : runs === undefined && this.#supervisor.plans().has(name)
          ? "goes on as it was"
          : "cannot run";
        agentLog(this.#parts.log).error(
          `Daemon '${name}' ${outcome}: ${problem}${isLate ? AGAIN : isUnread ? READ_AGAIN : ""}`,
        );
      }
      // What a daemon that does not run, or runs its old version, has shared is still shown.
      const isRead = enabled || description !== undefined;
      const isKnown = isRead && (problem === undefined || runs);
      const services = isKnown ? permissions.services : map.get(name)?.services;
      const metrics = isKnown ? declaredMetrics(description) : map.get(name)?.metrics;
      map.set(name, {
        module,
        enabled,
        ...(services && { services }),
        ...(metrics && { metrics }),
        ...(problem !== undefined && { problem }),
      });
    }
  }
}
