import { cut, isObject } from "../base/mod.ts";
import {
  AGENT_MAPS,
  type AgentTrouble,
  type DaemonInfo,
  mapPath,
  type Pause,
  readVerdict,
  type ThreadInfo,
  type TroubleKind,
  troubleKinds,
  VERDICT_MAP,
} from "../daemon/mod.ts";
import {
  checkServiceName,
  type Histogram,
  serviceModes,
  type ServiceState,
  serviceStates,
  type ServiceStats,
} from "../service/mod.ts";
import type { Traffic } from "../state/mod.ts";
import type {
  DiagnosisStatus,
  ProbeStatus,
  ServiceStatus,
  VerdictStatus,
} from "./status_schema.ts";

/** A public state to read: what `PublicState` is to the views. */
export interface StateReader {
  /** The map at a dotted path; an empty one when there is none. */
  map(path: string): ReadonlyMap<string, unknown>;
  /** The paths of the maps that are known, sorted. */
  paths(): string[];
  /** What the copy has sent and received so far. */
  traffic(): Traffic;
}

/** A write to the public state. */
export interface StateChange {
  /** The map's path. */
  map: string;
  key: string;
  /** The new value; undefined: the key was deleted. */
  value?: unknown;
}

/**
 * How long ago a time was that the public state holds, ms.
 *
 * @param place the map's path, the key, and the field of the value where that is an object.
 * @param time UTC ISO 8601.
 */
export type AgeOf = (place: readonly string[], time: string) => number;

/** Calls a listener with every change of a public state from now on; returns an unsubscribe function. */
export type SubscribeToState = (listener: (change: StateChange) => void) => () => void;

/** The first word of the maps that daemons write. */
export const DAEMONS = "Daemons";

/** The maps that hold something. */
export function filledMaps(state: StateReader): string[] {
  return state.paths().filter((path) => state.map(path).size > 0);
}

/** A service that a daemon watches, as the daemon shares it. */
export interface WatchedService
  extends
    Pick<ServiceStatus, "daemon" | "name" | "path" | "restart_error" | "probes" | "diagnosis"> {
  /** The state last seen; null: it was never found installed. */
  value: ServiceState | null;
  /** What was counted; undefined before the first query. */
  stats: ServiceStats | undefined;
}

/** More services of one daemon are not shown. */
const MOST_SERVICES = 256;

/** Longer texts of a daemon are cut, characters. */
const MOST_TEXT = 4_000;

/**
 * The services that daemons watch. Only a daemon that may manage services is a watcher; maps of others do not count:
 * its map `ServiceState` holds one service, or several, each under its name. Values of another form
 * are ignored.
 */
export function watchedServices(state: StateReader): WatchedService[] {
  return daemonsOf(state).flatMap(([daemon, { services }]) => {
    const path = mapPath(daemon, "ServiceState");
    const map = state.map(path);
    if (!services || map.size === 0) return [];
    const stats = state.map(mapPath(daemon, "ServiceStats"));
    // One service's own restart_error is a number; under a service's name is an object.
    const isOne = typeof map.get("restart_error") === "number";
    const listed = isOne
      ? []
      : [...map].filter(([name, value]) => isObject(value) && isServiceName(name));
    if (listed.length === 0) {
      const name = [...stats.keys()].find(isServiceName) ?? null;
      const counted = name === null ? undefined : readStats(stats.get(name));
      return [{
        daemon,
        name,
        path,
        ...readEntries(Object.fromEntries(map)),
        stats: counted,
        probes: readProbes(state, daemon),
        diagnosis: readDiagnosis(map.get("diagnosis")),
      }];
    }
    return listed.slice(0, MOST_SERVICES).map(([name, value]) => ({
      daemon,
      name,
      path: `${path}.${name}`,
      ...readEntries(value as Record<string, unknown>),
      stats: readStats(stats.get(name)),
      probes: readProbes(state, daemon, `${name}/`),
      diagnosis: readDiagnosis((value as Record<string, unknown>).diagnosis),
    }));
  });
}

function readEntries({ value, restart_error }: Record<string, unknown>) {
  return {
    value: asServiceState(value) ?? null,
    restart_error: isCount(restart_error) ? restart_error : 0,
  };
}

/** Why a service has stopped, as its daemon shares it; null when the value is not of that form. */
function readDiagnosis(value: unknown): DiagnosisStatus | null {
  if (!isObject(value)) return null;
  const { what, since, evidence, advice, hold } = value;
  const isText = (text: unknown): text is string => typeof text === "string";
  if (!isText(what) || !isText(advice) || !isTime(since)) return null;
  if (!Array.isArray(evidence) || !evidence.every(isText)) return null;
  const lines = evidence.slice(0, 10).map((line) => cut(line, MOST_TEXT));
  const [short, todo] = [cut(what, MOST_TEXT), cut(advice, MOST_TEXT)];
  return { what: short, since, evidence: lines, advice: todo, hold: hold === true };
}

/** More probes of one daemon are not shown. */
const MOST_PROBES = 20;

const VERDICTS = ["ok", "warning", "critical", "unknown"] as const;

/**
 * The verdicts of a daemon's probes on a service. Values of another form are ignored.
 *
 * @param prefix what their keys begin with, where the daemon has several services. Default: nothing.
 */
function readProbes(state: StateReader, daemon: string, prefix = ""): ProbeStatus[] {
  const found = [...state.map(mapPath(daemon, "ServiceProbes"))]
    .filter(([key]) => key.startsWith(prefix)).slice(0, MOST_PROBES);
  return found.flatMap(([key, value]) => {
    const name = key.slice(prefix.length);
    if (!isObject(value) || !/^[a-z_]{1,40}$/.test(name)) return [];
    const { text, advice, failed, since } = value;
    const is = VERDICTS.find((verdict) => verdict === value.is);
    if (!is || typeof text !== "string") return [];
    return {
      name,
      is,
      text: cut(text, MOST_TEXT),
      advice: typeof advice === "string" ? cut(advice, MOST_TEXT) : null,
      failed: failed === true,
      since: isTime(since) ? since : null,
    };
  });
}

/** The state of a service that a value names; undefined when it names none. */
export function asServiceState(value: unknown): ServiceState | undefined {
  return serviceStates.find((state) => state === value);
}

/** What was counted of a service; undefined when the value is not of that form. */
export function readStats(value: unknown): ServiceStats | undefined {
  if (!isObject(value)) return undefined;
  const { queries, queryErrors, restarts, restartFailures } = value;
  const { query, restart, lastSeen, lastRestart, queryError, recoveries } = value;
  const { restartsLastHour, stable, flapping, disabled, wouldRestarts, wouldRestart, held } = value;
  const mode = serviceModes.find((mode) => mode === value.mode);
  const counted = isCount(queries) && isCount(queryErrors) && isCount(restarts) &&
    isCount(restartFailures) && isHistogram(query) && isHistogram(restart);
  if (!counted) return undefined;
  return {
    queries,
    queryErrors,
    restarts,
    restartFailures,
    recoveries: isCount(recoveries) ? recoveries : 0,
    query,
    restart,
    ...(isCount(restartsLastHour) && { restartsLastHour }),
    ...(typeof stable === "boolean" && { stable }),
    ...(typeof flapping === "boolean" && { flapping }),
    ...((disabled === "warn" || disabled === "ignore") && { disabled }),
    ...(typeof held === "string" && { held: cut(held, MOST_TEXT) }),
    ...(mode && { mode }),
    ...(isCount(wouldRestarts) && { wouldRestarts }),
    ...(typeof wouldRestart === "string" && { wouldRestart: cut(wouldRestart, MOST_TEXT) }),
    ...(isTime(lastSeen) && { lastSeen }),
    ...(isTime(lastRestart) && { lastRestart }),
    ...(typeof queryError === "string" && { queryError: cut(queryError, MOST_TEXT) }),
  };
}

/** A histogram of a few buckets, all of them numbers. */
function isHistogram(value: unknown): value is Histogram {
  if (!isObject(value)) return false;
  const { le, counts, sum, count } = value;
  const bounds = Array.isArray(le) && Array.isArray(counts) && le.length <= 100 &&
    counts.length === le.length + 1 && le.every(Number.isFinite) && counts.every(isCount);
  return bounds && Number.isFinite(sum) && isCount(count);
}

/** Whether a daemon may manage services, so that what it shares of them is shown. */
export function mayManageServices(state: StateReader, daemon: string): boolean {
  const info = state.map(AGENT_MAPS.daemons).get(daemon) as DaemonInfo | undefined;
  return info?.services ?? false;
}

/** The registered daemons by name, sorted. */
export function daemonsOf(state: StateReader): [name: string, info: DaemonInfo][] {
  const all = [...state.map(AGENT_MAPS.daemons)] as [string, DaemonInfo][];
  return all.sort(([a], [b]) => a < b ? -1 : 1);
}

/**
 * A daemon's last verdict; null when it has given none. A verdict that has expired is
 * unknown.
 */
export function verdictOf(state: StateReader, daemon: string, age: AgeOf): VerdictStatus | null {
  const map = mapPath(daemon, VERDICT_MAP);
  const verdict = readVerdict(state.map(map).get("now"));
  if (!verdict) return null;
  const { level, at, until, numbers } = verdict;
  const text = cut(verdict.text, MOST_TEXT);
  const isValid = until === undefined ||
    age([map, "now", "at"], at) <= Date.parse(until) - Date.parse(at);
  if (isValid) return { level, text, at, numbers };
  return { level: "unknown", text: `no verdict since ${at}: ${text}`, at, numbers: {} };
}

/** The threads by name. What they report of themselves is a number, or is left out. */
export function threadsOf(state: StateReader): [name: string, info: ThreadInfo][] {
  const all = [...state.map(AGENT_MAPS.threads)] as [string, ThreadInfo][];
  return all.map(([name, { heap, lag, lastError, ...info }]) => [name, {
    ...info,
    ...(isCount(heap) && { heap }),
    ...(Number.isFinite(lag) && { lag: lag! }),
    ...(lastError &&
      { lastError: { at: lastError.at, message: cut(lastError.message, MOST_TEXT) } }),
  }]);
}

/** What the agent cannot do at present, in the order of {@linkcode troubleKinds}. */
export function troublesOf(state: StateReader): ({ kind: TroubleKind } & AgentTrouble)[] {
  const map = state.map(AGENT_MAPS.troubles);
  return troubleKinds.flatMap((kind) => {
    const trouble = map.get(kind) as AgentTrouble | undefined;
    return trouble ? [{ kind, ...trouble }] : [];
  });
}

/**
 * The pause of a service that is on; undefined when it is not paused.
 *
 * @param service its name; null: not known. Default: the pause of the whole agent.
 */
export function pauseOf(state: StateReader, service?: string | null): Pause | undefined {
  const pause = service === undefined
    ? state.map(AGENT_MAPS.maintenance).get("paused")
    : service !== null
    ? state.map(AGENT_MAPS.servicePauses).get(service.toLowerCase())
    : undefined;
  return pause as Pause | undefined;
}

function isServiceName(name: string): boolean {
  return checkServiceName(name) === undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

function isTime(value: unknown): value is string {
  return typeof value === "string" && value.length < 40 && TIME.test(value) &&
    !isNaN(Date.parse(value));
}
