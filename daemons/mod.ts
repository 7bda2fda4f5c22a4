/**
 * The daemons that ship with the program.
 *
 * @module
 */
import type { ArgumentSpecs, DaemonDefinition } from "icinga-warden/daemon";
import certificateExpiry from "./certificate_expiry.ts";
import diskSpace from "./disk_space.ts";
import heartbeat from "./heartbeat.ts";
import httpCheck from "./http_check.ts";
import icingaAgentService from "./icinga_agent_service.ts";
import icingaReport, { reportAccess } from "./icinga_report.ts";
import programCheck from "./program_check.ts";
import serviceWatch from "./service_watch.ts";

export { reportAccess };
export { configureProbes, type ProbeVerdict } from "./shared/probes/mod.ts";

const DEFINITIONS = [
  icingaAgentService,
  serviceWatch,
  heartbeat,
  icingaReport,
  diskSpace,
  certificateExpiry,
  httpCheck,
  programCheck,
] as unknown as DaemonDefinition[];

/** A daemon that ships with the program. */
export interface BuiltinDaemon {
  /** What it is and does. */
  definition: DaemonDefinition;
  /** The URL of its module, which its thread imports. */
  module: string;
}

/** The daemons that ship, by name; each module bears its daemon's name. */
export const builtinDaemons: ReadonlyMap<string, BuiltinDaemon> = new Map(
  DEFINITIONS.map((definition) => [
    definition.name,
    { definition, module: import.meta.resolve(`./${definition.name}.ts`) },
  ]),
);

/** What each of them takes, by its name. */
export const builtinArguments: ReadonlyMap<string, ArgumentSpecs> = new Map(
  [...builtinDaemons].map(([name, { definition }]) => [name, definition.arguments ?? {}]),
);
