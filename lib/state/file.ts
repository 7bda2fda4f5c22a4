import { readSaved, type SavedMaps, writeMap, writeSaved } from "./saved.ts";
import { type PublicState, realClock, type StateClock } from "./state.ts";
import { describe } from "./value_kinds.ts";

/** The shortest time between two saves, ms; and after a save, a pause of this multiple of its duration. */
const SAVE = { every: 1_000, rest: 20 };

/** How long after a failure it is tried again, ms. */
const RETRY_AFTER = 10_000;

/** Characters of all maps together. Above that the largest maps are not saved, so that the others are. */
const LARGEST_FILE = 67_108_864;

/** How a {@linkcode StateFile} is opened. */
export interface StateFileOptions {
  /** The file's path. */
  path: string;
  /** Replaces a file's text in one step: a reader sees the old text or the new one. */
  write: (path: string, text: string) => Promise<void>;
  /** Reads a file's text. Default: `Deno.readTextFileSync`. */
  read?: (path: string) => string;
  /** Told in one sentence what went wrong once. */
  onWarning: (warning: string) => void;
  /** Told in one sentence what cannot be saved, when that begins or changes; undefined: all is saved again. */
  onTrouble: (trouble: string | undefined) => void;
  /** Where time comes from. Default: the real clock. */
  clock?: StateClock;
  /** Characters that all maps may take. Default: 67108864. */
  limit?: number;
}

/**
 * The file of the maps that are persistent. What it holds is given back when it is opened; afterwards it follows the
 * state, within a second and in one step: a reader of the file always finds a complete state.
 */
export class StateFile {
  readonly #state: PublicState;
  readonly #options: StateFileOptions;
  readonly #clock: StateClock;
  readonly #stopListening: () => void;
  /** The text of each map as it was saved last, and those that have changed since. */
  readonly #texts = new Map<string, string>();
  readonly #changed = new Set<string>();
  /** The last reported problem. */
  #trouble: string | undefined;
  #isDue = false;
  /** When the next save may begin, ms. */
  #next = -Infinity;
  #saving: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;

  /**
   * Gives back what the file holds, and follows the state from now on. A damaged file is set aside under another
   * name. A file that cannot be read or set aside is left alone, and nothing is saved.
   */
  static open(state: PublicState, options: StateFileOptions): StateFile {
    return new StateFile(state, options);
  }

  private constructor(state: PublicState, options: StateFileOptions) {
    this.#state = state;
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    const isUsable = restore(state, options);
    for (const path of state.persistentPaths()) this.#changed.add(path);
    this.#stopListening = isUsable
      ? state.onPersistentChange((path) => this.#change(path))
      : () => {};
  }

  /** Saves what has changed, now. */
  async save(): Promise<void> {
    this.#cancel?.();
    this.#saving = this.#saving.then(() => this.#isDue ? this.#save() : undefined);
    await this.#saving;
  }

  /** Saves what has changed and stops following the state. */
  async close(): Promise<void> {
    this.#stopListening();
    await this.save();
    this.#cancel?.();
  }

  #change(path: string): void {
    this.#changed.add(path);
    if (this.#isDue) return;
    this.#isDue = true;
    this.#saveIn(this.#next - this.#clock.now());
  }

  #saveIn(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#saving = this.#saving.then(() => this.#save());
    });
  }

  async #save(): Promise<void> {
    this.#isDue = false;
    const begin = this.#clock.now();
    try {
      const { text, leftOut } = this.#text();
      const took = this.#clock.now() - begin;
      this.#next = begin + Math.max(SAVE.every, SAVE.rest * took);
      await this.#options.write(this.#options.path, text);
      this.#tell(
        leftOut === ""
          ? undefined
          : `The state is too large to be saved without leaving out ${leftOut}`,
      );
    } catch (error) {
      this.#tell(`Cannot save the state to ${this.#options.path}: ${words(error)}`);
      this.#isDue = true;
      this.#saveIn(RETRY_AFTER);
    }
  }

  #tell(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }

  #text(): { text: string; leftOut: string } {
    for (const path of this.#changed) this.#texts.set(path, writeMap(this.#state.map(path)));
    this.#changed.clear();
    const texts = new Map([...this.#texts].sort(([a], [b]) => a < b ? -1 : 1));
    const leftOut = removeLargest(texts, this.#options.limit ?? LARGEST_FILE);
    return { text: writeSaved(texts, new Date()), leftOut };
  }
}

/** Removes the largest maps until the rest is within the limit; returns their paths. */
function removeLargest(texts: Map<string, string>, limit: number): string {
  let size = 0;
  for (const text of texts.values()) size += text.length;
  const removed: string[] = [];
  for (const [path, { length }] of [...texts].sort(([, a], [, b]) => b.length - a.length)) {
    if (size <= limit) break;
    size -= length;
    texts.delete(path);
    removed.push(path);
  }
  return removed.join(", ");
}

/** Gives back what was saved; false when there is a file that must not be written over. */
function restore(state: PublicState, options: StateFileOptions): boolean {
  const { path, read = Deno.readTextFileSync, onTrouble } = options;
  let text: string;
  try {
    // Reading a pipe would not end.
    if (Deno.statSync(path).isFifo) throw new Error("it is a pipe; expected a file");
    text = read(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    onTrouble(`Cannot read the saved state ${path}, and saves none: ${words(error)}`);
    return false;
  }
  try {
    give(state, readSaved(text));
    return true;
  } catch (error) {
    return setAside(words(error), options);
  }
}

function give(state: PublicState, maps: SavedMaps): void {
  for (const [path, values] of maps) {
    const map = state.map(path, { persistent: true });
    for (const [key, value] of values) map.set(key, value);
  }
}

function setAside(why: string, { path, onWarning, onTrouble }: StateFileOptions): boolean {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
  try {
    Deno.renameSync(path, aside);
    onWarning(`The saved state ${path} is damaged (${why}); it was set aside as ${aside}`);
    return true;
  } catch (error) {
    onTrouble(
      `The saved state ${path} is damaged (${why}) and cannot be set aside, so that none is saved: ${
        words(error)
      }`,
    );
    return false;
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : describe(error);
}
