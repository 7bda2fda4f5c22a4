import { cut } from "./text.ts";

/** Longer messages are cut, characters. */
const MAX_MESSAGE = 10_000;

/**
 * A thrown value as text, to be shown or logged: an error's message (its name where that is empty), a thrown text, and
 * the kind of any other value. Never throws; takes time in proportion to the message; returns 10,000 characters at most.
 * The text may have several lines and control characters.
 */
export function errorMessage(error: unknown): string {
  try {
    return cut(messageOf(error), MAX_MESSAGE);
  } catch {
    return "an error that cannot be read";
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error);
  const { message } = error;
  return message === "" ? textOf(error.name) : textOf(message);
}

/** Avoids `String(object)`, which runs the object's own code. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return typeof value === "bigint" ? "a big number" : String(value);
}

/** Usual causes: names in a message, numbers of Linux, numbers of Windows, and the words for them. */
const CAUSES: readonly [names: string, linux: string, windows: string, said: string][] = [
  ["ECONNREFUSED", "111", "10061", "the connection is refused"],
  ["ENOTFOUND|EAI_AGAIN|failed to lookup address", "", "1100[1-4]", "the name is not found"],
  ["ETIMEDOUT", "110", "10060", "no answer in time"],
  ["ENOENT|entity not found|File not found", "2", "[23]", "it does not exist"],
  ["EACCES|EPERM", "1|13", "5", "access is denied"],
  ["ENOTDIR", "20", "267", "a part of its path is no folder"],
  ["EISDIR", "21", "", "it is a folder"],
  ["EEXIST", "17", "183", "a file has this name"],
  ["ENOSPC", "28", "112", "no space is left on the disk"],
  ["EROFS", "30", "19", "its file system is read-only"],
  ["EBUSY", "16", "3[23]", "another program has it open"],
  ["EADDRNOTAVAIL", "99", "10049", "this host has no such address"],
];

/**
 * Like {@linkcode errorMessage}, but where the cause is a usual one only that, in plain words: `the connection is refused`.
 * The caller says what was tried, and with what.
 *
 * @param os whose numbers they are. Default: this system's.
 */
export function plainError(error: unknown, os: string = Deno.build.os): string {
  const message = errorMessage(error);
  const cause = CAUSES.find(([names, linux, windows]) => {
    const numbers = os === "windows" ? windows : linux;
    const number = numbers === "" ? "" : `|\\(os error (?:${numbers})\\)`;
    return RegExp(`\\b(?:${names})\\b${number}`).test(message);
  });
  return cause?.[3] ?? message;
}

/** A reason of Deno's, with the system's number: `Permission denied (os error 13)`, in the system's language. */
const REASON = /([^:;(\n]*?)\.? (\(os error \d+\))(?:: (\w+) '([^'\n]*)')?/g;

/**
 * An error's text, in which a usual cause of the system reads the same everywhere: without the system's number and
 * language. `Permission denied (os error 13): stat '/x'` becomes `Cannot read /x: access is denied`.
 *
 * @param os whose numbers they are. Default: this system's.
 */
export function plainSystem(text: string, os: string = Deno.build.os): string {
  return text.replaceAll(REASON, (whole, reason: string, number, action?, path?) => {
    const said = plainError(number, os);
    if (said === number) return whole;
    const what = path === undefined ? "" : `Cannot ${verbOf(action)} ${path}: `;
    return `${/^\s/.test(reason) ? " " : ""}${what}${said}`;
  });
}

/** Deno names the function: `readfile`. */
function verbOf(action = "use"): string {
  return action.replace(/^(read|write)(?:file|dir)$/, "$1").replace(/^l?stat$/, "read");
}

/** Calls `act`; when it throws, calls `fail` with the reason. Returns the result of the last call. */
export function attempt<T, F>(act: () => T, fail: (why: string) => F): T | F {
  try {
    return act();
  } catch (error) {
    return fail(errorMessage(error));
  }
}
