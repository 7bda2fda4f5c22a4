/**
 * Public state: maps that every thread holds in full, replicated over a BroadcastChannel that may lose
 * messages. It knows nothing of the program that uses it.
 *
 * @module
 */
export { ReplicatedMap } from "./map.ts";
export { PublicState, type StateChannel, type StateOptions } from "./state.ts";
