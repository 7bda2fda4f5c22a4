/**
 * The configuration: its form, its defaults, how it is loaded, and what is said about a wrong one.
 *
 * @module
 */
export type { ArgumentCheck, ArgumentSpec, ArgumentSpecs, ArgumentValues } from "./arguments.ts";
export { type Address, formatAddress } from "./address.ts";
export type { BuiltinArguments } from "./check.ts";
export type { ControlConfig, MetricsConfig } from "./control_schema.ts";
export { configSchema } from "./json_schema.ts";
export { loadConfig, type LoadedConfig, type LoadOptions, parseConfig } from "./load.ts";
export { ConfigError, type PlacedProblem, type Problem } from "./problem.ts";
export { sampleConfig } from "./sample.ts";
export { type Config, type DaemonConfig, defaultConfig, defaultDaemonConfig } from "./schema.ts";
export { writtenConfig } from "./written.ts";
