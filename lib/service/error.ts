/** What was asked of the service manager. */
export type ServiceAction = "query" | "start" | "stop" | "continue" | "restart";

/** What went wrong. */
export type ServiceErrorKind = CodedKind | "timeout" | "unreadable" | "unavailable";

/** The kinds that an error code stands for. */
type CodedKind = keyof typeof meanings;

/** What each kind means, and what to do about it. */
const meanings = {
  "not-installed": ["no such service is installed", "compare its name in services.msc"],
  "already-running": ["it is running already", "stop it first"],
  "not-started": ["it is not started", "start it first"],
  "disabled": ["it is disabled", "set its start type to automatic in services.msc"],
  "marked-for-deletion": [
    "it is marked for deletion",
    "close services.msc and whatever else has it open, or restart Windows, and install it again",
  ],
  "access-denied": ["access is denied", "run the agent as LocalSystem or an administrator"],
  "no-answer": [
    "it did not answer the service control manager in time",
    "look into its own log and the system event log",
  ],
  "dependency-failed": [
    "a service that it depends on is missing or did not start",
    "start that one; services.msc lists its dependencies",
  ],
  "logon-failed": [
    "the account that it runs as could not log on",
    "correct the account, its password or its right to log on as a service in services.msc",
  ],
  "crashed": [
    "it ended as soon as it was started, or with an error",
    "look into its own log and the event log",
  ],
  "not-now": [
    "it takes no such request in its present state",
    "wait until it has started or stopped; services.msc shows what it allows",
  ],
  "database-locked": [
    "the service database is locked by another program",
    "try again in a minute; if it stays locked, restart Windows",
  ],
  "exe-missing": [
    "the file, or the exe of the service, is not there",
    "see the path in services.msc, and install the program again",
  ],
  "exe-invalid": [
    "its exe is not a program for this Windows",
    "install the program again, for this kind of processor",
  ],
  "blocked": [
    "a policy or a program that guards this machine blocks its exe",
    "allow the exe in AppLocker, the software restriction policies or that program",
  ],
  "resources": ["Windows lacks memory or other resources", "end programs, or restart Windows"],
  "shutting-down": ["Windows is shutting down", "nothing needs doing"],
  "interrupted": ["Ctrl+C reached the program that asks", "nothing needs doing"],
  "failed": ["Windows refused", "run 'net helpmsg' with this number to see why"],
} as const satisfies Record<string, readonly [meaning: string, advice: string]>;

/** A code of a kind, or one of the kind `failed` with a meaning and an advice of its own. */
type CodeEntry = CodedKind | readonly [meaning: string, advice: string];

/**
 * Windows' error codes (winerror.h) and, from 2100 on, those of its networking (lmerr.h and `NET HELPMSG`),
 * which `net` gives where `sc` gives the former.
 */
const codes: Readonly<Record<number, CodeEntry>> = {
  2: "exe-missing",
  3: "exe-missing",
  5: "access-denied",
  8: "resources",
  14: "resources",
  32: ["another program has the file open", "close that program"],
  87: ["Windows does not accept a value", "compare the settings of the service in services.msc"],
  120: ["this system does not have the function", "use a newer Windows"],
  193: "exe-invalid",
  216: "exe-invalid",
  577: "blocked",
  1051: ["other running services depend on it", "stop those first; services.msc lists them"],
  1052: "not-now",
  1053: "no-answer",
  1055: "database-locked",
  1056: "already-running",
  1057: "logon-failed",
  1058: "disabled",
  1059: [
    "services depend on each other in a circle",
    "remove one of the dependencies with 'sc config NAME depend= /'",
  ],
  1060: "not-installed",
  1061: "not-now",
  1062: "not-started",
  1063: [
    "the service control manager did not start this process",
    "start the service instead of its exe",
  ],
  1066: "crashed",
  1067: "crashed",
  1068: "dependency-failed",
  1069: "logon-failed",
  1070: "no-answer",
  1072: "marked-for-deletion",
  1073: ["a service of this name is installed already", "choose another name"],
  1075: "dependency-failed",
  1078: ["another service has this display name", "choose another display name"],
  1079: [
    "it shares its process with services of another account",
    "set the account that those have, or let it run in a process of its own ('sc config NAME type= own')",
  ],
  1084: ["it does not start in safe mode", "start Windows normally"],
  1115: "shutting-down",
  1260: "blocked",
  1326: "logon-failed",
  1330: "logon-failed",
  1331: "logon-failed",
  1332: ["there is no such account", "correct its name"],
  1385: "logon-failed",
  1450: "resources",
  1455: "resources",
  1789: ["the domain does not trust this computer", "join the computer to the domain again"],
  1792: "logon-failed",
  1907: "logon-failed",
  1909: "logon-failed",
  2180: "database-locked",
  2182: "already-running",
  2183: "no-answer",
  2184: "not-started",
  2185: "not-installed",
  2186: "no-answer",
  2187: "not-now",
  2189: "not-now",
  2190: "crashed",
  2191: "not-now",
  3521: "not-started",
  3534: "crashed",
  3547: "crashed",
  // STATUS_CONTROL_C_EXIT (ntstatus.h): the keys reach every process of a console, children included.
  0xC000013A: "interrupted",
};

/** What an error code of Windows means. */
export interface CodeMeaning {
  /** `failed` for a code without a kind of its own. */
  kind: CodedKind;
  /** What happened, as a clause. */
  meaning: string;
  /** What to do about it, as a clause. */
  advice: string;
}

/** The meaning of an error code. Deno gives exit codes as signed numbers of 32 bits; either form is read. */
export function meaningOf(code: number): CodeMeaning {
  const entry = codes[code >>> 0] ?? "failed";
  const kind = typeof entry === "string" ? entry : "failed";
  const [meaning, advice] = typeof entry === "string" ? meanings[entry] : entry;
  return { kind, meaning, advice };
}

/** The kind of error that an error code stands for; `failed` for one without a kind of its own. */
export function kindOfCode(code: number): CodedKind {
  return meaningOf(code).kind;
}

/** Why a service manager could not do what it was asked; the message says it in one line. */
export class ServiceError extends Error {
  override name = "ServiceError";

  /** `explanation` says what happened and what to do, without the name of the service. */
  constructor(
    /** What went wrong. */
    readonly kind: ServiceErrorKind,
    /** What was asked. */
    readonly action: ServiceAction,
    /** The name of the service. */
    readonly service: string,
    explanation: string,
    /** The error code of Windows or of its networking, if there was one. */
    readonly code?: number,
  ) {
    super(`Cannot ${action} service '${service}': ${explanation}`);
  }

  /** The error that a code of Windows stands for. */
  static ofCode(action: ServiceAction, service: string, code: number): ServiceError {
    const { kind, meaning, advice } = meaningOf(code);
    return new ServiceError(kind, action, service, `${meaning} (${code}); ${advice}`, code);
  }
}
