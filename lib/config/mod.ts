/**
 * The configuration: its schema and defaults, reading, editing, and errors that name file, place and value.
 *
 * @module
 */
export type { BuiltinArguments } from "./check.ts";
export {
  type Address,
  type ControlConfig,
  formatAddress,
  type MetricsConfig,
} from "./control_schema.ts";
export { checkModulePath } from "./daemon_schema.ts";
export { removeFromText, rewriteConfig, setInText } from "./edit.ts";
export { decodeText } from "./file.ts";
export { configSchema } from "./json_schema.ts";
export { loadConfig, type LoadedConfig, parseConfig, requireConfigFile } from "./load.ts";
export { ConfigError } from "./problem.ts";
export { type Config, type DaemonConfig, defaultConfig, defaultDaemonConfig } from "./schema.ts";
export { sampleConfig, writtenConfig } from "./written.ts";
