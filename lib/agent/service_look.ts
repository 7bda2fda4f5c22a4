import type { Agent } from "./agent.ts";
import { attempt, type Clock } from "../base/mod.ts";
import { AGENT_MAPS, type DaemonInfo, mapPath } from "../daemon/mod.ts";
import { serviceStates } from "../service/mod.ts";
import type { ReplicatedMap } from "../state/mod.ts";

/** Time between two updates of the list of watched services, ms. */
const LIST_EVERY = 5_000;

/** The main thread reads at most this number of services; daemons query the others at their intervals. */
const MOST_SERVICES = 32;

/** What is asked about a service; undefined: not known. */
export interface ServiceReaders {
  /** The number of its state. When it throws, the service is left alone for 5 s. */
  stateOf(service: string): number | undefined;
  /** Its start type, such as `disabled`. */
  startTypeOf(service: string): string | undefined;
}

/**
 * Makes what is to be called several times a second: it shares the states of watched services as
 * `Agent.ServiceStates`, so that a daemon hears of a change before its next query, which is a child process, and as
 * `Agent.ServiceStartTypes` the start types of those that do not run.
 */
export function lookAtServices(
  { state }: Pick<Agent, "state">,
  clock: Pick<Clock, "now">,
  { stateOf, startTypeOf }: ServiceReaders,
): () => void {
  const states = state.map<string, number>(AGENT_MAPS.serviceStates);
  const startTypes = state.map<string, string>(AGENT_MAPS.serviceStartTypes);
  let watched = new Set<string>();
  let listedAt = -Infinity;
  return () => {
    const isListed = clock.now() - listedAt >= LIST_EVERY;
    if (isListed) {
      listedAt = clock.now();
      watched = watchedServices(state);
      for (const map of [states, startTypes]) {
        for (const name of map.keys()) if (!watched.has(name)) map.delete(name);
      }
    }
    for (const name of watched) {
      const number = attempt(() => stateOf(name), () => {
        watched.delete(name);
        return undefined;
      });
      const hasChanged = number !== states.get(name);
      // Before the state, whose change wakes the daemon.
      if (hasChanged || isListed) share(startTypes, name, startType(name, number));
      if (hasChanged) share(states, name, number);
    }
  };

  /** Only of a service that does not run it is asked for. */
  function startType(name: string, number: number | undefined): string | undefined {
    if (number === undefined || serviceStates[number - 1] === "RUNNING") return undefined;
    return attempt(() => startTypeOf(name), () => undefined);
  }
}

function share<T>(map: ReplicatedMap<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else if (map.get(name) !== value) map.set(name, value);
}

/** The services that built-in daemons count, in small letters: they are those that they watch. */
function watchedServices(state: Agent["state"]): Set<string> {
  const daemons = state.map<string, DaemonInfo>(AGENT_MAPS.daemons);
  const names = [...daemons].flatMap(([daemon, { module, services }]) =>
    module === null && services ? [...state.map(mapPath(daemon, "ServiceStats")).keys()] : []
  );
  return new Set(names.map((name) => name.toLowerCase()).slice(0, MOST_SERVICES));
}
