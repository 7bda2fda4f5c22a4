import type { ValueCheck } from "../state/mod.ts";

/** What a daemon says of one of its maps. */
export interface MapSpec {
  /** One sentence for people. */
  description: string;
  /** It outlives the agent: it is saved in home and given back at the next start. */
  persistent?: boolean;
  /** Every daemon may write it, not only this one. */
  open?: boolean;
  /** Looks at each value before it is set, and returns it; throws when it is wrong. Its type is the map's. */
  check?: ValueCheck<unknown>;
}

/** A daemon's maps by name. */
export type MapSpecs = Readonly<Record<string, MapSpec>>;
