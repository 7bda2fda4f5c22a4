import type { IcingaFolder } from "./folder.ts";
import type { ReadEvents } from "./event_log.ts";
import { criticalLines, isSince, type LogLine, readCrashes, readLog } from "./log.ts";
import { type IcingaNode, readNode } from "./node.ts";
import type { REPAIRS } from "./settings.ts";
import { stateFault, stateFileOf } from "./state_file.ts";
import type { Validation } from "./validate.ts";

/** Why a service of Icinga 2 stopped, or did not start. */
export interface Diagnosis {
  /** What is the matter, in a few words. */
  what: string;
  /** When it was found, UTC ISO 8601. */
  since: string;
  /** The evidence: files, lines of the log. */
  evidence: string[];
  /** How to fix it. */
  advice: string;
  /** Whether a restart cannot help, until a file of the configuration has changed or some time has passed. */
  hold: boolean;
  /** What the argument `repair` has to name so that the agent mends it. */
  mends?: typeof REPAIRS[number];
  /** When the agent has mended it, UTC ISO 8601. */
  mended?: string;
}

/** What a diagnosis looks at. */
export interface DiagnosisParts {
  folder: IcingaFolder;
  /** What happened before is no part of it, ms since the Unix epoch. */
  since: number;
  validate(): Promise<Validation>;
  /** The process that listens on a port of this host, such as `process 12 (java.exe)`; undefined: none or unknown. */
  holder(port: number): Promise<string | undefined>;
  /** Icinga's records in the event log: see `HostSources`. */
  events?: ReadEvents | undefined;
}

/**
 * What a validation says itself, and of an earlier state of the files: each `icinga2 daemon -C` writes it into the event
 * log.
 */
const OF_VALIDATION = /^(?:config: |cli: Config validation failed)/;

/** Looks why it stopped: the configuration, a new crash report, the holder of its port, its state file, its log. */
export async function diagnose(parts: DiagnosisParts): Promise<Diagnosis> {
  const { folder, since } = parts;
  // First, since 'icinga2 daemon -C' writes what is wrong into the event log too.
  const log = await readLog(folder, since, parts.events).catch(() => undefined);
  const [validation, crashes, node, state] = await Promise.all([
    parts.validate(),
    readCrashes(folder, since).catch(() => []),
    readNode(folder).catch((): IcingaNode => ({})),
    stateFault(folder).catch(() => undefined),
  ]);
  const holder = node.port === undefined ? undefined : await parts.holder(node.port);
  const counts = ({ at, text }: LogLine) =>
    isSince(at, since) && (validation.is === "unknown" || !OF_VALIDATION.test(text));
  const critical = criticalLines(log?.lines.filter(counts) ?? []);
  const said = critical.map(({ text }) => `log: ${text}`);
  const found = (what: string, evidence: string[], advice: string, hold = false): Diagnosis => ({
    what,
    since: new Date().toISOString(),
    evidence: [...evidence, ...said],
    advice,
    hold,
  });
  if (validation.is === "invalid") {
    const place = validation.place === undefined ? "" : `${validation.place}: `;
    const advice = "correct the file, and check it with: icinga-warden doctor";
    return found("its configuration is invalid", [`${place}${validation.text}`], advice, true);
  }
  const stateFile = (): Diagnosis => ({
    ...found(
      `its state file is ${state}`,
      [stateFileOf(folder)],
      "stop the service, move the file away, start it; or set repair to state-file",
    ),
    mends: "state-file",
  });
  if (state === "corrupt") return stateFile();
  const [crash] = crashes;
  if (crash) {
    const advice = "look for an update of Icinga 2; report the crash with this file";
    return found("it crashed", [`${crash.file}: ${crash.line}`], advice);
  }
  if (holder !== undefined) {
    const advice = "end that process, or give one of the two another port";
    return found(`its port ${node.port} is held by ${holder}`, [], advice);
  }
  // Icinga 2.13.6 starts with an empty one.
  if (state === "empty") return stateFile();
  const why = validation.is === "unknown" ? [validation.text] : [];
  return said.length > 0
    ? found("it stopped, and its log says why", why, `look at ${log?.place}`)
    : found("it stopped, and nothing says why", why, "was it stopped by a person or an update?");
}
