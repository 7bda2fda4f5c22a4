import type { Agent } from "./agent.ts";
import { attempt, type Clock } from "../base/mod.ts";
import { AGENT_MAPS, type DaemonInfo, mapPath } from "../daemon/mod.ts";

/** Time between two updates of the list of watched services, ms. */
const LIST_EVERY = 5_000;

/** The main thread reads at most this number of services; daemons query the others at their intervals. */
const MOST_SERVICES = 32;

/**
 * Makes what is to be called several times a second: it shares the states of watched services as
 * `Agent.ServiceStates`, so that a daemon hears of a change before its next query, which is a child process.
 *
 * @param stateOf the number of a service's state; undefined: not known. When it throws, it is called again after 5 s.
 */
export function lookAtServices(
  { state }: Pick<Agent, "state">,
  clock: Pick<Clock, "now">,
  stateOf: (service: string) => number | undefined,
): () => void {
  const shared = state.map<string, number>(AGENT_MAPS.serviceStates);
  let watched = new Set<string>();
  let listedAt = -Infinity;
  return () => {
    if (clock.now() - listedAt >= LIST_EVERY) {
      listedAt = clock.now();
      watched = watchedServices(state);
      for (const name of shared.keys()) if (!watched.has(name)) shared.delete(name);
    }
    for (const name of watched) {
      const number = attempt(() => stateOf(name), () => {
        watched.delete(name);
        return undefined;
      });
      if (number === shared.get(name)) continue;
      if (number === undefined) shared.delete(name);
      else shared.set(name, number);
    }
  };
}

/** The services that built-in daemons count, in small letters: they are those that they watch. */
function watchedServices(state: Agent["state"]): Set<string> {
  const daemons = state.map<string, DaemonInfo>(AGENT_MAPS.daemons);
  const names = [...daemons].flatMap(([daemon, { module, services }]) =>
    module === null && services ? [...state.map(mapPath(daemon, "ServiceStats")).keys()] : []
  );
  return new Set(names.map((name) => name.toLowerCase()).slice(0, MOST_SERVICES));
}
