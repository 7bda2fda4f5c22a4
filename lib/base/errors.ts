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

/** Calls `act`; when it throws, calls `fail` with the reason. Returns the result of the last call. */
export function attempt<T, F>(act: () => T, fail: (why: string) => F): T | F {
  try {
    return act();
  } catch (error) {
    return fail(errorMessage(error));
  }
}
