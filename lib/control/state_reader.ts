import * as v from "valibot";
import { type Clock, cut, isObject } from "../base/mod.ts";
import {
  AGENT_MAPS,
  type AgentTrouble,
  type DaemonInfo,
  mapPath,
  type Pause,
  readVerdict,
  type TroubleKind,
  troubleKinds,
  VERDICT_MAP,
} from "../daemon/mod.ts";
import { checkServiceName, type ServiceState, serviceStates } from "../service/mod.ts";
import type { Traffic } from "../state/mod.ts";
import {
  Count,
  DiagnosisSchema,
  NO_STATS,
  ProbeSchema,
  type ProbeStatus,
  type ServiceStatus,
  StatsSchema,
  type VerdictStatus,
} from "./status_schema.ts";

/** The maps of a public state. */
export interface MapReader {
  /** The map at a dotted path; an empty one when there is none. */
  map(path: string): ReadonlyMap<string, unknown>;
}

/** A public state to read: what `PublicState` is to the views. */
export interface StateReader extends MapReader {
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

/**
 * The ages of times in the public state. Each is seen when it is set, and counts by the monotonic clock from then on: the
 * wall clock may be set meanwhile.
 */
export class Ages {
  readonly #clock: Pick<Clock, "now">;
  readonly #wall: () => number;
  /** By place; `at` is on the monotonic clock, ms. */
  readonly #seen = new Map<string, { time: string; at: number }>();

  constructor(clock: Pick<Clock, "now">, wall: () => number = Date.now) {
    this.#clock = clock;
    this.#wall = wall;
  }

  /** Takes a change of the state, or what it holds already. */
  note({ map, key, value }: StateChange): void {
    for (const field of fieldsOf(map)) {
      const place = [map, key, ...field];
      const time = field.length === 0 ? value : (value as Record<string, unknown>)?.[field[0]!];
      const name = place.join("\n");
      if (typeof time !== "string") this.#seen.delete(name);
      else if (this.#seen.get(name)?.time !== time) {
        this.#seen.set(name, { time, at: this.#clock.now() - this.#byWallClock(time) });
      }
    }
  }

  /** See {@linkcode AgeOf}. */
  readonly of: AgeOf = (place, time) => {
    const seen = this.#seen.get(place.join("\n"));
    return seen?.time === time ? this.#clock.now() - seen.at : this.#byWallClock(time);
  };

  #byWallClock(time: string): number {
    return Math.max(0, this.#wall() - Date.parse(time));
  }
}

/** The fields of a map's values whose age is asked for; an empty one is the value itself. */
function fieldsOf(map: string): readonly (readonly string[])[] {
  if (map === AGENT_MAPS.info) return [[]];
  if (map === AGENT_MAPS.threads) return [["since"], ["started"]];
  if (map.endsWith(`.${VERDICT_MAP}`)) return [["at"]];
  return map.endsWith(".ServiceStats") ? [["lastSeen"]] : [];
}

/** A service that a daemon watches, as the daemon shares it. */
export interface WatchedService
  extends
    Pick<ServiceStatus, "daemon" | "name" | "path" | "restart_error" | "probes" | "diagnosis"> {
  /** The state last seen; null: it was never found installed. */
  value: ServiceState | null;
  stats: v.InferOutput<typeof StatsSchema> | typeof NO_STATS;
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
export function watchedServices(state: MapReader): WatchedService[] {
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
    const read = (name: string | null, path: string, entries: Record<string, unknown>) => ({
      daemon,
      name,
      path,
      value: asServiceState(entries.value) ?? null,
      restart_error: v.is(Count, entries.restart_error) ? entries.restart_error : 0,
      stats: readStats(stats.get(name ?? "")) ?? NO_STATS,
      probes: readProbes(state, daemon, listed.length === 0 ? "" : `${name}/`),
      diagnosis: readDiagnosis(entries.diagnosis),
    });
    if (listed.length === 0) {
      const name = [...stats.keys()].find(isServiceName) ?? null;
      return [read(name, path, Object.fromEntries(map))];
    }
    return listed.slice(0, MOST_SERVICES).map(([name, value]) =>
      read(name, `${path}.${name}`, value as Record<string, unknown>)
    );
  });
}

/** An object with its texts cut. */
export function cutTexts<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      typeof part === "string" ? cut(part, MOST_TEXT) : part,
    ]),
  ) as Value;
}

const Diagnosis = v.object(DiagnosisSchema.entries);

/** Why a service has stopped, as its daemon shares it; null when the value is not of that form. */
function readDiagnosis(value: unknown): ServiceStatus["diagnosis"] {
  const { success, output } = v.safeParse(Diagnosis, value);
  if (!success) return null;
  const evidence = output.evidence.slice(0, 10).map((line) => cut(line, MOST_TEXT));
  return { ...cutTexts(output), evidence };
}

/** More probes of one daemon are not shown. */
const MOST_PROBES = 20;

const Probe = v.object(ProbeSchema.entries);

/**
 * The verdicts of a daemon's probes on a service. Values of another form are ignored.
 *
 * @param prefix what their keys begin with, where the daemon has several services; otherwise empty.
 */
function readProbes(state: MapReader, daemon: string, prefix: string): ProbeStatus[] {
  const found = [...state.map(mapPath(daemon, "ServiceProbes"))]
    .filter(([key]) => key.startsWith(prefix)).slice(0, MOST_PROBES);
  return found.flatMap(([key, value]) => {
    const name = key.slice(prefix.length);
    const { success, output } = v.safeParse(Probe, { ...value as object, name });
    return success && /^[a-z_]{1,40}$/.test(name) ? [cutTexts(output)] : [];
  });
}

/** The state of a service that a value names; undefined when it names none. */
export function asServiceState(value: unknown): ServiceState | undefined {
  return serviceStates.find((state) => state === value);
}

/** What was counted of a service; undefined when the value is not of that form. */
export function readStats(value: unknown): v.InferOutput<typeof StatsSchema> | undefined {
  const { success, output } = v.safeParse(StatsSchema, value);
  return success ? cutTexts(output) : undefined;
}

/** Whether a daemon may manage services, so that what it shares of them is shown. */
export function mayManageServices(state: MapReader, daemon: string): boolean {
  const info = state.map(AGENT_MAPS.daemons).get(daemon) as DaemonInfo | undefined;
  return info?.services ?? false;
}

/** The registered daemons by name, sorted. */
export function daemonsOf(state: MapReader): [name: string, info: DaemonInfo][] {
  const all = [...state.map(AGENT_MAPS.daemons)] as [string, DaemonInfo][];
  return all.sort(([a], [b]) => a < b ? -1 : 1);
}

/**
 * A daemon's last verdict; null when it has given none. A verdict that has expired is
 * unknown.
 */
export function verdictOf(state: MapReader, daemon: string, age: AgeOf): VerdictStatus | null {
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

/** What the agent cannot do at present, in the order of {@linkcode troubleKinds}. */
export function troublesOf(state: MapReader): ({ kind: TroubleKind } & AgentTrouble)[] {
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
export function pauseOf(state: MapReader, service?: string | null): Pause | undefined {
  const [map, key] = service === undefined
    ? [AGENT_MAPS.maintenance, "paused"]
    : [AGENT_MAPS.servicePauses, service?.toLowerCase() ?? ""];
  return state.map(map).get(key) as Pause | undefined;
}

function isServiceName(name: string): boolean {
  return checkServiceName(name) === undefined;
}
