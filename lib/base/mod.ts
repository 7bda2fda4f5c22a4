/** Helpers that all folders use. This folder imports no other one. */
export * from "./clock.ts";
export * from "./errors.ts";
export * from "./files.ts";
export * from "./json.ts";
export * from "./problem.ts";
export * from "./text.ts";
export * from "./units.ts";
export * from "./wait.ts";
export { type BuildInfo, buildInfo } from "./build.ts";
