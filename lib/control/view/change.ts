/** A write to the public state. */
export interface Change {
  /** The map's path. */
  map: string;
  key: string;
  /** The new value; undefined: the key was deleted. */
  value?: unknown;
}

/** Tells of every change of a public state from now on; returns what ends that. */
export type Watch = (listener: (change: Change) => void) => () => void;
