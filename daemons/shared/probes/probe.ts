import type {
  ArgumentSpec,
  ArgumentSpecs,
  ArgumentValues,
  DaemonPermissions,
} from "icinga-warden/daemon";
import type { IcingaSample } from "../../../lib/icinga/mod.ts";

/** The result of a probe. */
export interface ProbeVerdict {
  /** The state of a plugin. `unknown`: the probe cannot run, and nothing is done. */
  is: "ok" | "warning" | "critical" | "unknown";
  /** Why, with the evidence, in one clause. */
  text: string;
  /** How to fix it. */
  advice?: string;
  /** How long the failure has lasted by the probe's own evidence, ms. Default: since the first such verdict. */
  lasted?: number;
  /** There is nothing for it to look at on this host: the probe is off. */
  isOff?: true;
  /** A restart does not help: it is only logged, even where `action` is a restart. */
  tellOnly?: true;
}

/** What every probe takes, beside its own arguments. */
export type CommonArguments = {
  readonly action: ArgumentSpec & { type: "string" };
  readonly every: ArgumentSpec & { type: "duration" };
  readonly failAfter: ArgumentSpec & { type: "duration" };
  readonly settle: ArgumentSpec & { type: "duration" };
};

/** A look at one thing of Icinga 2. All look at the sample that the agent's main thread takes each 30 s. */
export interface Probe<S extends ArgumentSpecs = ArgumentSpecs> {
  /** The name in the argument `probes`. */
  name: string;
  /** Its arguments with their defaults. */
  arguments: CommonArguments & S;
  /** What its thread needs beyond the sample. Every probe so far works without any. */
  permissions: DaemonPermissions;
  /** The verdict on a sample; `now` is ms since the Unix epoch. */
  probe(
    sample: IcingaSample,
    values: ArgumentValues<CommonArguments & S>,
    now: number,
  ): ProbeVerdict;
}

/** What is done when a probe fails for longer than `failAfter`. */
export const PROBE_ACTIONS = ["off", "tell", "restart", "restart-once"] as const;

/** The arguments that all probes take, with one's defaults. */
export function commonArguments(
  { action = "tell", failAfter = "1m", settle = "2m" }: {
    action?: typeof PROBE_ACTIONS[number];
    failAfter?: string;
    settle?: string;
  } = {},
): CommonArguments {
  const [min, max] = ["0s", "7d"];
  return {
    action: {
      type: "string",
      default: action,
      oneOf: PROBE_ACTIONS,
      description: "What is done when it fails",
    },
    every: {
      type: "duration",
      default: "30s",
      min: "1s",
      max,
      description: "Time from one look to the next",
    },
    failAfter: {
      type: "duration",
      default: failAfter,
      min,
      max,
      description: "How long it must be so before something is done",
    },
    settle: {
      type: "duration",
      default: settle,
      min,
      max,
      description: "Time after a start of the service in which nothing is judged",
    },
  };
}

/** The verdict of a probe whose part of the sample is absent. */
export function unknown({ unknown }: IcingaSample, part: string): ProbeVerdict {
  return { is: "unknown", text: unknown[part] ?? "only the service's processes are looked at" };
}

/**
 * The verdict of a probe that restarts, where the service is no Icinga 2: what Icinga's files and its parents say is no
 * reason to restart it. Undefined: it is one, or that is not known.
 */
export function ofForeign({ tree }: IcingaSample): ProbeVerdict | undefined {
  if (tree?.foreign === undefined) return undefined;
  return { is: "unknown", text: `the service is no Icinga 2: its program is ${tree.foreign}` };
}

/** Whether a probe finds a fault; one that is unknown does not. */
export function isFault({ is }: Pick<ProbeVerdict, "is">): boolean {
  return is === "warning" || is === "critical";
}

/** With an invalid configuration a service does not start again: what fails is told, and not restarted. */
export function heldByConfiguration(
  verdict: ProbeVerdict,
  { invalid }: Pick<IcingaSample, "invalid">,
): ProbeVerdict {
  if (invalid === undefined || !isFault(verdict)) return verdict;
  const text =
    `${verdict.text}; a restart would fail, since its configuration is invalid: ${invalid}`;
  return { ...verdict, text, advice: "correct the configuration", tellOnly: true };
}

/** What to do about a certificate that is not valid yet. */
export const CLOCKS = "compare the clocks of this host and of the master: w32tm /query /status";

/** Evidence for another probe: that the own port does not answer. Empty when it answers, or that is not known. */
export function portEvidence({ port }: IcingaSample): string {
  return port && port.is !== "good" ? `; its own port ${port.port}: ${port.text}` : "";
}
