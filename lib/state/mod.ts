/**
 * Public state: maps that every thread of a process holds in full, replicated over a BroadcastChannel that
 * loses messages. It knows nothing of the program that uses it.
 *
 * @example
 * ```ts
 * import { PublicState } from "./mod.ts";
 *
 * const state = new PublicState({ thread: "main", first: true });
 * const free = state.map<string, number>("Daemons.disk_watch.Free");
 * free.set("C:", 42);
 * state.close();
 * ```
 *
 * @module
 */
export type { Change } from "./change.ts";
export type { StateChannel } from "./channel.ts";
export type { StateClock } from "./clock.ts";
export { StateFile, type StateFileOptions } from "./file.ts";
export { ReplicatedMap, type ValueCheck } from "./map.ts";
export { type MapOptions, PublicState, type StateOptions, type Traffic } from "./state.ts";
