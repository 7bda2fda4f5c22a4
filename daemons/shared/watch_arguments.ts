import type { ArgumentSpec, ArgumentSpecs, ArgumentValues } from "icinga-warden/daemon";
import { checkDataDir, checkRepair } from "../../lib/icinga/settings.ts";
import { checkProbe } from "./probes/mod.ts";

/** The argument that says where Icinga 2 has its files: the same for every daemon that reads them. */
export const DATA_DIR = {
  type: "string",
  default: "",
  description: "Folder that holds Icinga's etc and var; empty: %ProgramData%\\icinga2",
  check: checkDataDir,
} as const satisfies ArgumentSpec;

/** The arguments that say how a service is watched: the same for every daemon that watches one. */
export const WATCH_ARGUMENTS = {
  interval: {
    type: "duration",
    default: "5s",
    min: "100ms",
    max: "1h",
    description: "Time from one query of a service's state to the next",
  },
  stableAfter: {
    type: "duration",
    default: "60s",
    min: "1s",
    max: "1d",
    description:
      "A service that has been RUNNING for this time is stable, and its backoff starts again",
  },
  maxRestarts: {
    type: "number",
    default: 5,
    min: 0,
    max: 1000,
    integer: true,
    description:
      "After this many restarts within 10 min it is flapping, and tried every 5 min; 0: never",
  },
  backoff: {
    type: "duration",
    default: "10s",
    min: "0s",
    max: "5m",
    description:
      "Wait before the second restart in a row, doubled with each one up to 5 min; 0s: none",
  },
  pendingLimit: {
    type: "duration",
    default: "60s",
    min: "1s",
    max: "1h",
    description: "How long it may stay in a pending state without progress before that is an error",
  },
  whenDisabled: {
    type: "string",
    default: "warn",
    oneOf: ["warn", "ignore", "enable"],
    description: "What is done about a stopped service whose start type is disabled",
  },
  endStuck: {
    type: "boolean",
    default: false,
    description: "Whether the process of a service that is stuck in a pending state is ended",
  },
  mode: {
    type: "string",
    default: "act",
    oneOf: ["act", "stopped", "observe"],
    description: "What may be done to it; the agent's mode counts where that is more careful",
  },
  dataDir: DATA_DIR,
  probes: {
    type: "list",
    default: [],
    description:
      "What differs from the probes' defaults, such as 'disk off'; see 'icinga-warden docs icinga'",
    check: checkProbe,
  },
  repair: {
    type: "list",
    default: [],
    description: "What is repaired automatically: 'state-file', a damaged Icinga state file",
    check: checkRepair,
  },
} as const satisfies ArgumentSpecs;

/** How a service is watched; durations in ms. */
export type WatchSettings = ArgumentValues<typeof WATCH_ARGUMENTS>;
