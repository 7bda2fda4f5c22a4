/**
 * The control endpoint: what a running agent serves to commands, to the page and to Prometheus.
 *
 * @module
 */
export { tokenFile, type TokenKind } from "./access/token.ts";
export type { ControlledAgent } from "./api.ts";
export { type Control, type ControlParts, startControl } from "./control.ts";
export type { StateChange, SubscribeToState } from "./state_reader.ts";
