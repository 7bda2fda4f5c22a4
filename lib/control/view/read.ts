import type { Traffic } from "../../state/mod.ts";

/** A public state to read: what `PublicState` is to the views. */
export interface StateReader {
  /** The map at a dotted path; an empty one when there is none. */
  map(path: string): ReadonlyMap<string, unknown>;
  /** The paths of the maps that are known, sorted. */
  paths(): string[];
  /** What the copy has sent and received so far. */
  traffic(): Traffic;
}

/** The first word of the maps that daemons write. */
export const DAEMONS = "Daemons";

/** The maps that hold something. */
export function filledMaps(state: StateReader): string[] {
  return state.paths().filter((path) => state.map(path).size > 0);
}

/** The daemons that have written the map of a name, each with its map's path. */
export function daemonsWith(state: StateReader, map: string): { daemon: string; path: string }[] {
  return filledMaps(state).flatMap((path) => {
    const [root, daemon, name, ...more] = path.split(".");
    const fits = root === DAEMONS && daemon !== undefined && name === map && more.length === 0;
    return fits ? [{ daemon, path }] : [];
  });
}
