/**
 * The daemons: found in home, examined before they run, and granted permissions.
 *
 * @module
 */
export { DAEMONS_FOLDER, findModules, type FoundModules } from "./discover.ts";
export * from "./grant.ts";
export { type Probed, probeModule } from "./probe.ts";
export { type RefuseModule, type RegisteredDaemon, Registry } from "./registry.ts";
