import { valueAt } from "../base/mod.ts";
import { DAEMONS, filledMaps, type StateReader } from "./state_reader.ts";

/** What is at a path of the public state: one value, a map, or all maps below the path. */
export type Found =
  | { kind: "value"; path: string; value: unknown }
  | { kind: "map"; path: string; entries: Record<string, unknown> }
  | { kind: "maps"; path: string; maps: Record<string, Record<string, unknown>> };

/**
 * Finds what is at a path: `Daemons.<daemon>.<map>.<key>`, `<daemon>.<map>.<key>` or `Agent.<map>.<key>`, or a
 * beginning of one; an empty path is the whole state. Keys may hold dots; after a key, dots lead into its value.
 *
 * @returns undefined when there is nothing.
 */
export function findInState(state: StateReader, text: string): Found | undefined {
  if (text === "") return { kind: "maps", path: "", maps: mapsAt(state, []) };
  return findAt(state, text) ?? findAt(state, `${DAEMONS}.${text}`);
}

/** A watcher of `text` gets the changes of paths that begin with one of these; empty: of all paths. */
export function watchedPaths(text: string): string[] {
  return text === "" ? [] : [text, `${DAEMONS}.${text}`];
}

/** Whether a watcher of some paths gets a change at `path`. */
export function isWatched(path: string, watched: readonly string[]): boolean {
  return watched.length === 0 ||
    watched.some((start) => path === start || path.startsWith(`${start}.`));
}

/** What a watcher of some paths finds in the beginning: maps with those of their keys that are watched. */
export function mapsAt(
  state: StateReader,
  watched: readonly string[],
): Record<string, Record<string, unknown>> {
  const maps = filledMaps(state).map((path) => {
    const keys = [...state.map(path)].filter(([key]) => isWatched(`${path}.${key}`, watched));
    return [path, Object.fromEntries(keys)] as const;
  });
  return Object.fromEntries(maps.filter(([, keys]) => Object.keys(keys).length > 0));
}

/** Every path that leads to something: maps, keys, and their beginnings; for completion. */
export function allPaths(state: StateReader): string[] {
  return filledMaps(state).flatMap((path) => [
    path,
    ...[...state.map(path).keys()].map((key) => `${path}.${key}`),
  ]);
}

function findAt(state: StateReader, path: string): Found | undefined {
  const maps = filledMaps(state);
  if (maps.includes(path)) {
    return { kind: "map", path, entries: Object.fromEntries(state.map(path)) };
  }
  const map = longestStart(maps, path);
  if (map !== undefined) return findKey(path, map, state.map(map));
  const below = mapsAt(state, [path]);
  return Object.keys(below).length > 0 ? { kind: "maps", path, maps: below } : undefined;
}

function findKey(path: string, name: string, map: ReadonlyMap<string, unknown>): Found | undefined {
  const rest = path.slice(name.length + 1);
  const key = map.has(rest) ? rest : longestStart([...map.keys()], rest);
  if (key === undefined) return undefined;
  // A key that is there holds something, if only undefined, which JSON writes as null.
  if (key === rest) return { kind: "value", path, value: map.get(key) ?? null };
  const value = valueAt(map.get(key), rest.slice(key.length + 1).split("."));
  return value === undefined ? undefined : { kind: "value", path, value };
}

/** The longest of some names that a dot and more follow in `text`. */
function longestStart(names: readonly string[], text: string): string | undefined {
  return names.filter((name) => text.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0];
}
