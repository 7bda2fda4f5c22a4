/** What was asked of the service manager. */
export type ServiceAction = "query" | "start" | "stop" | "continue" | "restart" | "enable";

/** What went wrong. */
export type ServiceErrorKind = CodedKind | "timeout" | "unreadable" | "unavailable";

/** The kinds that an error code stands for. */
type CodedKind = keyof typeof kinds;

/** Error codes with the same meaning, what it is, and what to do about it. */
type Row = readonly [codes: readonly number[], meaning: string, advice: string];

/**
 * Windows' error codes (winerror.h) by their kind and, from 2100 on, those of its networking (lmerr.h and
 * `NET HELPMSG`), which `net` gives where `sc` gives the former.
 */
const kinds = {
  "not-installed": [
    [1060, 2185],
    "the service is not installed",
    "compare its name in services.msc",
  ],
  "already-running": [[1056, 2182], "it is running already", "stop it first"],
  "not-started": [[1062, 2184, 3521], "it is not started", "start it first"],
  "disabled": [[1058], "it is disabled", "set its start type to automatic in services.msc"],
  "marked-for-deletion": [
    [1072],
    "it is marked for deletion",
    "close services.msc and whatever else has it open, or restart Windows, and install it again",
  ],
  "access-denied": [[5], "access is denied", "run the agent as LocalSystem or an administrator"],
  "no-answer": [
    [1053, 1070, 2183, 2186],
    "it did not answer the service control manager in time",
    "look into its own log and the system event log",
  ],
  "dependency-failed": [
    [1068, 1075],
    "a service that it depends on is missing or did not start",
    "start that one; services.msc lists its dependencies",
  ],
  "logon-failed": [
    [1057, 1069, 1326, 1327, 1328, 1329, 1330, 1331, 1385, 1792, 1793, 1907, 1909],
    "the account it runs under could not log on",
    "correct the account, its password or its right to log on as a service in services.msc",
  ],
  "crashed": [
    [1064, 1066, 1067, 2190, 3534, 3547],
    "it ended as soon as it was started, or with an error",
    "look into its own log and the event log",
  ],
  "not-now": [
    [1052, 1061, 2187, 2189, 2191],
    "it takes no such request in its present state",
    "wait until it has started or stopped; services.msc shows what it allows",
  ],
  "database-locked": [
    [1055, 2180],
    "the service database is locked by another program",
    "try again in a minute; if it stays locked, restart Windows",
  ],
  "exe-missing": [
    [2, 3, 15, 21, 53, 67, 123],
    "the file, or the exe of the service, is not there",
    "see the path in services.msc, and install the program again",
  ],
  "exe-invalid": [
    [193, 216],
    "its exe is not a program for this Windows",
    "install the program again, for this kind of processor",
  ],
  "blocked": [
    [225, 226, 577, 1260, 4551],
    "a policy or a program that guards this machine blocks its exe",
    "allow the exe in AppLocker, the policies for software and code, or that program",
  ],
  "resources": [
    [8, 14, 1054, 1450, 1455, 1816],
    "Windows lacks memory or other resources",
    "end programs, or restart Windows",
  ],
  "shutting-down": [[1115], "Windows is shutting down", "nothing needs doing"],
  // STATUS_CONTROL_C_EXIT (ntstatus.h): the keys reach every process of a console, children included.
  "interrupted": [
    [0xC000013A],
    "Ctrl+C reached the program that asks",
    "nothing needs doing",
  ],
  "failed": [[], "Windows refused", "run 'net helpmsg' with this number to see why"],
} as const satisfies Record<string, Row>;

/** Codes of the kind `failed` that have a meaning and an advice of their own. */
const failures: readonly Row[] = [
  [
    [23, 1117, 1392, 1393],
    "its exe cannot be read from the disk",
    "check the disk with chkdsk, and install the program again",
  ],
  [[32], "another program has the file open", "close that program"],
  [[87], "Windows does not accept a value", "compare the settings of the service in services.msc"],
  [[112], "the disk is full", "free some of it"],
  [[120], "this system does not have the function", "use a newer Windows"],
  [
    [126, 127, 182, 1114, 1154, 14001],
    "a file that its exe needs, such as a DLL, is missing or does not fit",
    "install the program again, with the Visual C++ runtime that it needs",
  ],
  [[1051], "other running services depend on it", "stop those first; services.msc lists them"],
  [
    [1059],
    "services depend on each other in a circle",
    "remove one of the dependencies with 'sc.exe config NAME depend= /'",
  ],
  [
    [1063],
    "the service control manager did not start this process",
    "start the service instead of its exe",
  ],
  [[1073], "a service of this name is already installed", "choose another name"],
  [[1078], "another service has this display name", "choose another display name"],
  [
    [1079],
    "it shares its process with services of another account",
    "set the account that those have, or let it run in a process of its own ('sc.exe config NAME type= own')",
  ],
  [
    [1083],
    "its exe is not the one of this service",
    "compare the path in services.msc, and install the program again",
  ],
  [[1084], "it does not start in safe mode", "start Windows normally"],
  [
    [1290, 1297, 1300, 1314],
    "the account it runs under lacks a right that it needs",
    "let it run as LocalSystem, or give the account the right in secpol.msc",
  ],
  [
    [1311, 1355],
    "no domain controller answers for the account it runs under",
    "check the network, or let it run under an account of this computer",
  ],
  [[1332], "there is no such account", "correct its name"],
  [
    [1717, 1722, 1723, 1726, 1753],
    "the service control manager does not answer",
    "try again in a minute; if it does not answer then, restart Windows",
  ],
  [
    [1787, 1788, 1789],
    "the domain does not trust this computer",
    "join the computer to the domain again",
  ],
];

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
  const has = ([codes]: Row) => codes.includes(code >>> 0);
  const kind = (Object.keys(kinds) as CodedKind[]).find((kind) => has(kinds[kind])) ?? "failed";
  const [, meaning, advice] = failures.find(has) ?? kinds[kind];
  return { kind, meaning, advice };
}

/** A failed call of a service manager; the message has the reason in one line. */
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
