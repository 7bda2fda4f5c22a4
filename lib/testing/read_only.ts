import type { ReplicatedMap } from "../state/mod.ts";

/** A map that refuses writes, as another daemon's does. */
export function readOnly<V>(
  map: ReplicatedMap<string, V>,
  thread: string,
): ReplicatedMap<string, V> {
  const refuse = () => {
    throw new Error(
      `Cannot write ${map.path}: it is not for thread '${thread}' to write, and its owner has not opened it`,
    );
  };
  return new Proxy(map, {
    get(target, key) {
      if (WRITES.has(key)) return refuse;
      const member = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const WRITES = new Set<string | symbol>(["set", "delete", "clear", "increment", "update"]);
