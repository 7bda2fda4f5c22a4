/**
 * Public state: maps that every thread of a process holds in full. The main thread orders the writes; a
 * BroadcastChannel, which loses messages, carries them to all. It knows nothing of the program that uses it.
 *
 * @example
 * ```ts
 * import { MainState } from "./mod.ts";
 *
 * const state = new MainState({ thread: "main" });
 * const free = state.map<string, number>("Daemons.disk_watch.Free");
 * free.set("C:", 42);
 * state.close();
 * ```
 *
 * @module
 */
export type { Change } from "./changes.ts";
export type { CountWrites } from "./connection.ts";
export { StateFile, type StateFileOptions } from "./file.ts";
export { type MainOptions, MainState } from "./main.ts";
export { ReplicatedMap, type ValueCheck } from "./map.ts";
export type { PaceOptions } from "./pace.ts";
export {
  isUnreadableMessage,
  type MapOptions,
  PublicState,
  realClock,
  type StateChannel,
  type StateClock,
  type StateOptions,
  type Traffic,
} from "./state.ts";
export { StateCopy, type StateCopyOptions } from "./copy.ts";
