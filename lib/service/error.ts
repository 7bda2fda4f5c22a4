/** What was asked of the service manager. */
export type ServiceAction = "query" | "start" | "stop" | "continue" | "restart";

/** What went wrong, as far as one can act on it. */
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
    "correct the account, its password or its rights in services.msc",
  ],
  "crashed": ["it ended as soon as it was started", "look into its own log and the event log"],
  "interrupted": ["Ctrl+C reached the program that asks", "nothing needs doing"],
  "failed": ["Windows refused", "run 'net helpmsg' with this number to see why"],
} as const satisfies Record<string, readonly [meaning: string, advice: string]>;

/**
 * Windows' error codes (winerror.h) and, from 2100 on, those of its networking (lmerr.h and `NET HELPMSG`),
 * which `net` gives where `sc` gives the former.
 */
const kindsByCode: Readonly<Record<number, CodedKind>> = {
  5: "access-denied",
  1053: "no-answer",
  1056: "already-running",
  1057: "logon-failed",
  1058: "disabled",
  1060: "not-installed",
  1062: "not-started",
  1066: "crashed",
  1067: "crashed",
  1068: "dependency-failed",
  1069: "logon-failed",
  1072: "marked-for-deletion",
  1075: "dependency-failed",
  1385: "logon-failed",
  2182: "already-running",
  2184: "not-started",
  2185: "not-installed",
  2186: "no-answer",
  2190: "crashed",
  3521: "not-started",
  3534: "crashed",
  3547: "crashed",
  // STATUS_CONTROL_C_EXIT (ntstatus.h): the keys reach every process of a console, children included.
  0xC000013A: "interrupted",
};

/**
 * The kind of error that an error code of Windows stands for; `failed` for one without a kind of its own. Deno gives
 * exit codes of Windows as signed numbers of 32 bits; either form is read.
 */
export function kindOfCode(code: number): CodedKind {
  return kindsByCode[code >>> 0] ?? "failed";
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
    const kind = kindOfCode(code);
    const [meaning, advice] = meanings[kind];
    return new ServiceError(kind, action, service, `${meaning} (${code}); ${advice}`, code);
  }
}
