import { realClock, type StateClock } from "./clock.ts";
import { readSaved, type SavedMaps, writeSaved } from "./saved.ts";
import type { PublicState } from "./state.ts";

/** The file is written at most once in so many ms. */
const SAVE_EVERY = 1_000;

/** How long after a failure it is tried again, ms. */
const RETRY_AFTER = 10_000;

/** How a {@linkcode StateFile} is opened. */
export interface StateFileOptions {
  /** The file's path. */
  path: string;
  /** Told in one sentence what went wrong; once for each time that something begins to fail. */
  onWarning: (warning: string) => void;
  /** Where time comes from; the real clock unless told. */
  clock?: StateClock;
}

/**
 * The file of the maps that are persistent. What it holds is given back when it is opened; afterwards it follows the
 * state, within a second and in one step: whoever reads the file at whatever moment finds a whole state.
 */
export class StateFile {
  readonly #state: PublicState;
  readonly #options: StateFileOptions;
  readonly #clock: StateClock;
  readonly #stopListening: () => void;
  #isChanged = false;
  #isFailing = false;
  /** When the last save began, ms. */
  #saved = -Infinity;
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
    this.#stopListening = isUsable ? state.onPersistentChange(() => this.#change()) : () => {};
  }

  /** Saves what has changed and stops following the state. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#cancel?.();
    await this.#saving;
    if (this.#isChanged) await this.#save();
    this.#cancel?.();
  }

  #change(): void {
    if (this.#isChanged) return;
    this.#isChanged = true;
    this.#saveIn(this.#saved + SAVE_EVERY - this.#clock.now());
  }

  #saveIn(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#saving = this.#saving.then(() => this.#save());
    });
  }

  async #save(): Promise<void> {
    this.#isChanged = false;
    this.#saved = this.#clock.now();
    try {
      const maps = this.#state.persistentPaths().map((path) =>
        [path, this.#state.map(path)] as const
      );
      await replaceFile(this.#options.path, writeSaved(new Map(maps), new Date()));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#options.onWarning(`Cannot save the state to ${this.#options.path}: ${words(error)}`);
      }
      this.#isFailing = this.#isChanged = true;
      this.#saveIn(RETRY_AFTER);
    }
  }
}

/** Gives back what was saved; false when there is a file that must not be written over. */
function restore(state: PublicState, { path, onWarning }: StateFileOptions): boolean {
  let text: string;
  try {
    // A pipe would keep the process waiting for ever.
    if (Deno.statSync(path).isFifo) throw new Error("it is a pipe; expected a file");
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    onWarning(`Cannot read the saved state ${path}, and saves none: ${words(error)}`);
    return false;
  }
  try {
    give(state, readSaved(text));
    return true;
  } catch (error) {
    return setAside(path, words(error), onWarning);
  }
}

function give(state: PublicState, maps: SavedMaps): void {
  for (const [path, values] of maps) {
    const map = state.map(path, { persistent: true });
    for (const [key, value] of values) map.set(key, value);
  }
}

function setAside(path: string, why: string, onWarning: (warning: string) => void): boolean {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
  try {
    Deno.renameSync(path, aside);
    onWarning(`The saved state ${path} is damaged (${why}); it was set aside as ${aside}`);
    return true;
  } catch (error) {
    onWarning(
      `The saved state ${path} is damaged (${why}) and cannot be set aside, so that none is saved: ${
        words(error)
      }`,
    );
    return false;
  }
}

/** Writes aside, flushes, and renames: the file is the old one or the new one, whenever the power goes. */
async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  {
    using file = await Deno.open(aside, { write: true, create: true, truncate: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  }
  await Deno.rename(aside, path);
  await syncFolder(path);
}

/** The rename itself must reach the disk. On Windows a folder cannot be opened, and needs not be. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path.replace(/[^/]*$/, "") || ".");
  await folder.sync();
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
