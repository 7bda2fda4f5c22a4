import { join } from "node:path";
import * as v from "valibot";
import { configureProbes, type ProbeVerdict } from "../../../daemons/mod.ts";
import type { CrashReport, IcingaFolder, IcingaSample, Validation } from "../../icinga/mod.ts";
import { formatSpan, plainSystem } from "../../base/mod.ts";
import type { ProbeStatus } from "../../control/mod.ts";
import {
  type FoundRegistration,
  type LogonRight,
  type QueriedStatus,
  STATE,
} from "../../windows/mod.ts";
import { pasted } from "../paths.ts";

/** The levels of a finding, in the order in which they are printed. `unknown`: it could not be checked. */
export const LEVELS = ["problem", "warning", "unknown", "ok"] as const;

const FindingSchema = v.strictObject({
  level: v.picklist(LEVELS),
  check: v.pipe(v.string(), v.description("What was looked at")),
  text: v.pipe(v.string(), v.description("What was found, with the evidence")),
  mend: v.pipe(v.nullable(v.string()), v.description("How to fix it")),
});

/** The form of `doctor --json`; keys are added in later versions, and none goes away. */
export const DoctorSchema = v.pipe(
  v.strictObject({
    services: v.array(v.strictObject({
      service: v.string(),
      dataDir: v.pipe(v.string(), v.description("The folder that holds Icinga's etc and var")),
      dataDirFound: v.pipe(
        v.string(),
        v.description("How that folder was found; empty: there is none"),
      ),
      findings: v.array(FindingSchema),
    })),
  }),
  v.title("What 'icinga-warden doctor --json' prints"),
);

/** One check, and its result. */
export type Finding = v.InferOutput<typeof FindingSchema>;

/** What is known of a service of Icinga 2; an unknown part has the reason. */
export interface Facts {
  service: string;
  folder: IcingaFolder;
  /** Whether there is the folder of its configuration. */
  hasFolder: boolean;
  /** What the service manager has of it; null: it is not installed; undefined: this system has none. */
  registration: FoundRegistration | null | undefined;
  status: QueriedStatus | undefined;
  /** Whether its account may log on as a service; undefined: that could not be asked. */
  logon: LogonRight | undefined;
  /** The argument `probes` of its daemon. */
  items: readonly string[];
  /** Whether a daemon keeps it running. */
  isWatched: boolean;
  /** What the probes of the running agent say; undefined: none runs. */
  agent: readonly ProbeStatus[] | undefined;
  sample: IcingaSample;
  validation: Validation;
  /** The crash reports of the last week. */
  crashes: readonly CrashReport[];
  /** Whether the feature `debuglog` is on. */
  hasDebugLog: boolean;
  /** What is wrong with the state file: `empty`, `corrupt`, or why that is not known; undefined: nothing. */
  stateFile: string | undefined;
  /** The last record of the day that says that the clock was set. */
  clockStep: string | undefined;
  /** What `w32tm /query /status` prints; undefined: it could not be run. */
  clock: string | undefined;
  /** ms since the Unix epoch. */
  now: number;
}

/** All findings on a service, by the order of {@linkcode LEVELS}. */
export function findingsOf(facts: Facts): Finding[] {
  const findings = [
    ...serviceFindings(facts),
    watchFinding(facts),
    ...probeFindings(facts),
    clockFinding(facts),
    ...facts.hasFolder
      ? [
        configFinding(facts),
        ...crashFindings(facts),
        debugLogFinding(facts),
        stateFileFinding(facts),
      ]
      : unseenFindings(facts),
  ];
  return LEVELS.flatMap((level) =>
    findings.filter((finding) => finding.level === level).map(explained)
  );
}

/** A finding whose text is an error of the system, in plain words; with what to do where a right is missing. */
function explained(found: Finding): Finding {
  const text = plainSystem(found.text);
  const isDenied = text !== found.text && text.endsWith("access is denied");
  return { ...found, text, mend: found.mend ?? (isDenied ? AS_ADMINISTRATOR : null) };
}

/** What is found where the running agent's services are simulated: this host says nothing of them. */
export const SIMULATED: readonly Finding[] = [
  finding(
    "unknown",
    "service",
    "the agent that runs from this home has simulated services (--simulate), so this host is not looked at",
  ),
];

const AS_ADMINISTRATOR = "run doctor as an administrator";

function finding(level: Finding["level"], check: string, text: string, mend?: string): Finding {
  return { level, check, text, mend: mend ?? null };
}

function serviceFindings({ service, registration, status, logon, sample }: Facts): Finding[] {
  if (registration === undefined) {
    const { tree } = sample;
    return [
      tree
        ? finding("ok", "service", `it runs as ${tree.processes} processes`)
        : finding("problem", "service", "it does not run", `systemctl start ${service}`),
    ];
  }
  if (registration === null) {
    const mend =
      "compare the name with 'Service name' in the properties in services.msc, or install Icinga 2";
    return [finding("problem", "service", `'${service}' is not installed`, mend)];
  }
  const state = Object.entries(STATE).find(([, number]) => number === status?.state)?.[0];
  const { start, account } = registration;
  return [
    status?.state === STATE.running ? finding("ok", "service", `'${service}' is running`) : finding(
      "problem",
      "service",
      `'${service}' is ${state}`,
      `sc.exe start ${pasted(service)}`,
    ),
    start === "automatic" || start === "delayed"
      ? finding("ok", "start type", start)
      : finding("warning", "start type", start, `sc.exe config ${pasted(service)} start= auto`),
    accountFinding(account, logon),
  ];
}

const RIGHTS = "in secpol.msc, Local Policies, User Rights Assignment";

const ALLOW = `add it to 'Log on as a service' ${RIGHTS}, or to the group policy that sets it`;

/** What is said of an account after its name, by its right to log on as a service. */
const LOGON: Readonly<
  Record<LogonRight | "unread", [level: Finding["level"], text: string, mend?: string]>
> = {
  granted: ["ok", " may log on as a service"],
  missing: ["problem", " may not log on as a service", ALLOW],
  denied: [
    "problem",
    " is denied to log on as a service",
    `take it, or its group, out of 'Deny log on as a service' ${RIGHTS}`,
  ],
  unknown: [
    "unknown",
    ": groups of the domain have the right to log on as a service; whether it is a member is not known",
    ALLOW,
  ],
  unread: [
    "unknown",
    ": its right to log on as a service cannot be read",
    AS_ADMINISTRATOR,
  ],
};

function accountFinding(account: string, logon: LogonRight | undefined): Finding {
  const [level, text, mend] = LOGON[logon ?? "unread"];
  return finding(level, "account", account + text, mend);
}

function watchFinding({ isWatched, agent, registration }: Facts): Finding {
  if (!isWatched) {
    const mend = "icinga-warden daemon register icinga_agent_service";
    return finding("warning", "icinga-warden", "no daemon keeps the service running", mend);
  }
  if (agent) return finding("ok", "icinga-warden", "it runs, and watches the service");
  // Where there is no service control manager, it is no service.
  const mend = registration === undefined ? undefined : "icinga-warden service start";
  return finding("warning", "icinga-warden", "it does not run", mend);
}

/** What the files tell, where there are none. */
function unseenFindings({ folder }: Facts): Finding[] {
  const text = `there is no ${folder.config}`;
  const mend = "install Icinga 2, or name its folder in the argument dataDir";
  return ["configuration", "crashes", "debug log", "state file"].map((check) =>
    finding("unknown", check, text, mend)
  );
}

/** On Windows that folder is not on the path. */
const IN_SBIN = "in Icinga's folder sbin";

function configFinding({ validation: { is, text, place } }: Facts): Finding {
  if (is === "valid") return finding("ok", "configuration", text);
  const where = place === undefined ? text : `${place}: ${text}`;
  if (is === "invalid") {
    return finding("problem", "configuration", where, "correct the file, and run doctor again");
  }
  const mend = text.includes("cannot be run")
    ? "look whether Icinga 2 is installed, and whether your account may run it"
    : `run 'icinga2 daemon -C' yourself ${IN_SBIN}`;
  return finding("unknown", "configuration", where, mend);
}

/** Probes that need several samples come from the running agent; the others use one sample. */
function probeFindings({ agent = [], items, sample, now }: Facts): Finding[] {
  // One sample does not show the load.
  const probes = configureProbes(items).filter(({ name, action }) =>
    action !== "off" && name !== "cpu"
  );
  return probes.map(({ name, probe }) => {
    const watched = agent.find((one) => one.name === name && one.is !== "unknown");
    const isLong = name === "parent_connection" || name === "heartbeat_file";
    const verdict = watched && isLong
      ? { ...watched, advice: watched.advice ?? undefined, isOff: undefined }
      : lookOnce(name, sample, (sample) => probe(sample, now), now);
    const level = verdict.is === "critical" ? "problem" : verdict.isOff ? "ok" : verdict.is;
    return finding(level, name.replace("_", " "), verdict.text, verdict.advice);
  });
}

/** A single look has seen no connection for a minute, and does not know when the service was started. */
function lookOnce(
  name: string,
  sample: IcingaSample,
  probe: (sample: IcingaSample) => ProbeVerdict,
  now: number,
): Pick<ProbeVerdict, "is" | "text" | "isOff"> & { advice?: string | undefined } {
  const { link, stateFile } = sample;
  if (name === "parent_connection" && link && link.young.length > 0 && !link.refusal) {
    const text = `a connection to ${
      link.young.join(", ")
    }; whether it lasts tells a running icinga-warden alone`;
    return { is: "unknown", text, advice: "icinga-warden status" };
  }
  if (name === "heartbeat_file" && stateFile) {
    const age = (now - Date.parse(stateFile.modified)) / 1000;
    if (age < -60) {
      const text = `icinga2.state was written ${stateFile.modified}, which is in the future`;
      return { is: "unknown", text, advice: "w32tm /query /status" };
    }
    if (age < 15 * 60) return { is: "ok", text: `icinga2.state was written ${stateFile.modified}` };
    const text = `icinga2.state was not written for ${formatSpan(age)}`;
    return {
      is: "warning",
      text,
      advice: "if the service has run for longer than that, restart it: it hangs",
    };
  }
  return probe(sample);
}

/** Icinga 2 does not start with a corrupt one. */
function stateFileFinding({ stateFile, sample, status }: Facts): Finding {
  if (stateFile === undefined && !sample.stateFile) {
    const mend = status?.state === STATE.running
      ? "wait: the service writes it within 5 min of its start"
      : "start the service: it writes the file within 5 min";
    return finding("unknown", "state file", "there is none yet", mend);
  }
  if (stateFile === undefined) return finding("ok", "state file", "it can be read");
  if (stateFile !== "corrupt" && stateFile !== "empty") {
    return finding("unknown", "state file", stateFile, AS_ADMINISTRATOR);
  }
  const mend = "stop the service, move the file away, start it; or set repair to state-file";
  return finding(
    stateFile === "corrupt" ? "problem" : "warning",
    "state file",
    `it is ${stateFile}`,
    mend,
  );
}

function crashFindings({ crashes }: Facts): Finding[] {
  if (crashes.length === 0) return [finding("ok", "crashes", "no crash report of the last week")];
  const mend = "look for an update of Icinga 2; report the crash with this file";
  return crashes.map(({ file, line }) => finding("warning", "crashes", `${file}: ${line}`, mend));
}

function debugLogFinding({ hasDebugLog, folder }: Facts): Finding {
  if (!hasDebugLog) return finding("ok", "debug log", "it is off");
  const file = join(folder.config, "features-enabled", "debuglog.conf");
  const mend = `run 'icinga2 feature disable debuglog' ${IN_SBIN}, and restart the service`;
  return finding("warning", "debug log", `it is on, and fills the disk: ${file}`, mend);
}

/** Of w32tm's words, which differ with the language, the first number is the leap indicator: 3 is not synchronized. */
function clockFinding({ clock, clockStep, registration }: Facts): Finding {
  if (clockStep !== undefined) {
    return finding("warning", "clock", clockStep, "w32tm /query /status");
  }
  if (registration === undefined) return finding("unknown", "clock", "it is not looked at here");
  const leap = /:\s*(\d)/.exec(clock ?? "")?.[1];
  if (leap === undefined) {
    return finding("unknown", "clock", "nothing tells whether it is right", "w32tm /query /status");
  }
  return leap === "3"
    ? finding("warning", "clock", "it is not synchronized", "w32tm /resync")
    : finding("ok", "clock", "it is synchronized");
}
