/**
 * What the author of a daemon tests it with, imported as `icinga-warden/testing`; `icinga-warden daemon test`
 * runs the tests in `<name>.test.js` or `.ts` beside the module.
 *
 * @module
 */
export { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
export { type LoggedRecord, type SimulationOptions } from "./options.ts";
export { simulate, Simulation } from "./simulate.ts";
export { test } from "./test.ts";
