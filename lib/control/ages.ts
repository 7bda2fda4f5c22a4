import type { Clock } from "../base/mod.ts";
import { AGENT_MAPS, VERDICT_MAP } from "../daemon/mod.ts";
import type { AgeOf, StateChange } from "./state_reader.ts";

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
