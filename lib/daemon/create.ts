import { type Clock, systemClock } from "../base/mod.ts";
import { ServiceError, type ServiceManager, type ServiceMode } from "../service/mod.ts";
import type { MapOptions, PublicState } from "../state/mod.ts";
import { AGENT_MAPS, mapPath } from "./agent_state.ts";
import type { ArgumentSpecs, ArgumentValues } from "./arguments.ts";
import type { DaemonContext, DaemonHost, DaemonLog, Service } from "./context.ts";
import type { MapSpecs } from "./define.ts";
import { createFetch } from "./fetching.ts";
import { createRun, programRunner, type RunProgram } from "./running.ts";
import { createTiming } from "./timing.ts";
import { makeVerdict, VERDICT_MAP } from "./verdict.ts";

/** What a context is made of. */
export interface ContextParts<S extends ArgumentSpecs> {
  /** See {@linkcode DaemonContext}. */
  daemon: string;
  /** The thread's name. */
  thread: string;
  /** The maps of the daemon's definition. */
  maps?: MapSpecs | undefined;
  /** See {@linkcode DaemonContext}. Default: the current folder. */
  home?: string;
  /** See {@linkcode DaemonContext}. */
  signal: AbortSignal;
  /** See {@linkcode DaemonContext}. */
  arguments: ArgumentValues<S>;
  /** The thread's copy of the public state. */
  state: PublicState;
  /** See {@linkcode DaemonContext}. */
  log: DaemonLog;
  /** The service manager; undefined where the daemon's permissions do not include it. */
  services?: ServiceManager | undefined;
  /** What may be done to services. Default: `act`. */
  mode?: ServiceMode | undefined;
  /** Asks for the end of a stuck service's process. Default: nothing does. */
  endProcess?: ((service: string) => void) | undefined;
  /** Starts child threads. Default: there are none. */
  startThread?: DaemonContext["thread"];
  /** Default: the system's clock. */
  clock?: Clock;
  /** Runs programs. Default: those of this host. */
  runProgram?: RunProgram;
  /** Reads a secret. Default: there are none. */
  secret?: DaemonContext["secret"];
  /** Called when the daemon first asks to be told of changed arguments. */
  onArguments?: () => void;
  /** Reads the host's disks. Default: there are none. */
  disks?: DaemonHost["disks"];
  /** Asks web servers. Default: the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /** The time of day, ms since the Unix epoch. Default: `Date.now`. */
  wall?: () => number;
  /** Calls a function when the time limit of `timeout` is over. Default: that of the clock. */
  limit?: Clock["after"];
  /** The default time zone of `cron`. Default: the host's. */
  timeZone?: string;
  /** Gives a number from 0 to 1, for waits. Default: `Math.random`. */
  random?: () => number;
}

/** A daemon's context, as who has made it sees it. */
export interface OwnContext<S extends ArgumentSpecs> extends DaemonContext<S> {
  /** Gives the daemon other arguments, checked. */
  change(values: ArgumentValues<S>): void;
}

/** Puts a daemon's context together. */
export function createContext<S extends ArgumentSpecs>(parts: ContextParts<S>): OwnContext<S> {
  const { daemon, signal, state, services, mode = "act", maps = {}, clock = systemClock } = parts;
  const { random = Math.random, wall = Date.now } = parts;
  let values = parts.arguments;
  const takers: ((values: ArgumentValues<S>) => unknown)[] = [];
  const declared = (name: string) => Object.hasOwn(maps, name) ? maps[name] : undefined;
  const maintenance = state.map(AGENT_MAPS.maintenance);
  const pauses = state.map<string>(AGENT_MAPS.servicePauses);
  const timing = createTiming({
    clock,
    signal,
    random,
    isPaused: () => maintenance.has("paused"),
    wall,
    limit: parts.limit,
    timeZone: parts.timeZone,
    warn: parts.log.warning,
  });
  return {
    daemon,
    threadName: parts.thread,
    home: parts.home ?? Deno.cwd(),
    signal,
    get arguments() {
      return values;
    },
    onArguments(take) {
      if (typeof take !== "function") {
        throw new TypeError("Cannot take arguments: expected a function");
      }
      if (takers.length === 0) parts.onArguments?.();
      takers.push(take);
    },
    change(changed) {
      values = changed;
      // A rejection that nobody catches is a failure of the daemon.
      for (const take of takers) void (async () => await take(values))();
    },
    log: parts.log,
    state: {
      map: <V>(name: string, options?: MapOptions<V>) => {
        if (name === VERDICT_MAP) {
          throw new TypeError(
            `Cannot open map '${name}': context.report writes it; choose another name`,
          );
        }
        return state.map<string, V>(
          mapPath(daemon, name),
          { ...declared(name), ...options } as MapOptions<V>,
        );
      },
      of: (other, name) => state.map(mapPath(other, name)),
      agent: (name) => state.map(`Agent.${name}`),
    },
    host: { disks: parts.disks ?? (() => Promise.resolve([])) },
    secret: parts.secret ??
      ((name) => Promise.reject(new Error(`There is no secret '${name}'`))),
    ...timing,
    run: createRun(signal, parts.runProgram ?? programRunner()),
    fetch: createFetch(signal, timing.retry, parts.fetch ?? globalThis.fetch),
    report: (level, text, numbers = {}, options = {}) => {
      const verdict = makeVerdict(level, text, numbers, options, Date.now());
      state.map(mapPath(daemon, VERDICT_MAP)).set("now", verdict);
    },
    service: (name) => {
      if (!services) {
        throw new Error(
          `Cannot manage service '${name}': daemon '${daemon}' lacks the permission 'services'; its module declares it, the configuration grants it`,
        );
      }
      const key = name.toLowerCase();
      return {
        ...bindService(services, name, signal, mode),
        endProcess: () => mode === "observe" ? undefined : parts.endProcess?.(name),
        isPaused: () => maintenance.has("paused") || pauses.has(key),
      };
    },
    thread: parts.startThread ?? (() => {
      throw new Error("Cannot start a child thread: there is no agent to run it");
    }),
  };
}

function bindService(
  manager: ServiceManager,
  name: string,
  signal: AbortSignal,
  mode: ServiceMode,
): Omit<Service, "isPaused" | "endProcess"> {
  const change = <T>(action: "start" | "stop" | "restart" | "enable", make: () => Promise<T>) => {
    if (mode !== "observe") return make();
    const why = "the agent only observes services (mode observe), and changes none";
    return Promise.reject(new ServiceError("failed", action, name, why));
  };
  return {
    name,
    mode,
    query: () => manager.query(name, signal),
    start: () => change("start", () => manager.start(name, signal)),
    stop: () => change("stop", () => manager.stop(name, signal)),
    restart: (seen) => change("restart", () => manager.restart(name, signal, seen)),
    progress: () => manager.progress(name),
    isDisabled: () => manager.isDisabled(name, signal),
    enable: () => change("enable", () => manager.enable(name, signal)),
    nameByDisplayName: () => manager.nameOf(name, signal),
  };
}
