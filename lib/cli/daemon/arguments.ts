import { describeProblem, type Problem, suggest } from "../../base/mod.ts";
import type { ArgumentSpec, ArgumentSpecs, DaemonDescription } from "../../daemon/mod.ts";
import { examine, type Examined, type Subject } from "./subject.ts";

/** A daemon's arguments for a command, checked by its module. */
export interface GivenArguments {
  /** What the module defines. */
  description: DaemonDescription;
  /** The arguments of its entry and those that were typed, which count first. */
  given: Record<string, unknown>;
  /** The keys of those that were typed. */
  typed: readonly string[];
  /** All that is wrong with them, and with what was typed. */
  problems: Problem[];
}

/**
 * Reads the arguments that were typed for a daemon.
 *
 * @param unset keys of its entry that do not count. Default: none.
 * @throws {UsageError} one line that says why the module cannot be used.
 */
export async function readGiven(
  subject: Subject,
  words: readonly string[],
  home: string,
  unset: readonly string[] = [],
): Promise<GivenArguments> {
  const registered = { ...subject.entry?.arguments };
  for (const key of unset) delete registered[key];
  const { description, ...before } = await examine(subject, registered, home);
  const { values, problems } = readWords(words, description.arguments);
  for (const key of unset) problems.push(...refuseUnset(key, values, subject, description));
  const typed = Object.keys(values);
  if (words.length === 0) {
    return { description, given: registered, typed, problems: [...problems, ...faultsOf(before)] };
  }
  const given = { ...registered, ...values };
  const faults = faultsOf(await examine(subject, given, home));
  return { description, given, typed, problems: [...problems, ...faults] };
}

/** A command refuses what an agent only warns of. */
function faultsOf(
  { argumentProblems, argumentWarnings }: Omit<Examined, "description">,
): readonly Problem[] {
  return [...argumentProblems, ...argumentWarnings];
}

/** An argument that is not set already is no error: the default is in force, as was asked. */
function refuseUnset(
  key: string,
  typed: Record<string, unknown>,
  { entry }: Subject,
  { arguments: specs }: DaemonDescription,
): Problem[] {
  if (Object.hasOwn(typed, key)) return [refuse(key, "typed and unset", "do one of both")];
  if (Object.hasOwn(specs, key) || Object.hasOwn(entry?.arguments ?? {}, key)) return [];
  return [refuse(key, "cannot be unset: there is none", suggest(key, Object.keys(specs)))];
}

/** All that is wrong with arguments, on one line. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `argument ${describeProblem(problem)}`).join(", and ");
}

/** Arguments as they were typed. */
export interface ReadWords {
  /** In the form that the configuration writes; an unknown argument is text. */
  values: Record<string, unknown>;
  /** The words that are no arguments. */
  problems: Problem[];
}

/**
 * Reads arguments as they are typed, `key=value`, into the form that the configuration writes. A list is typed with
 * commas between its items. Whether the daemon takes them is not checked here.
 */
export function readWords(words: readonly string[], specs: ArgumentSpecs): ReadWords {
  const values = new Map<string, unknown>();
  const problems = words.flatMap((word): Problem[] => {
    const [, key, text = ""] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) return [refuse(word, "no value", "arguments are typed key=value")];
    if (values.has(key)) return [refuse(key, "typed twice", "type it once")];
    values.set(key, Object.hasOwn(specs, key) ? readValue(specs[key]!, text) : text);
    return [];
  });
  return { values: Object.fromEntries(values), problems };
}

function refuse(word: string, fault: string, expected: string): Problem {
  return { path: [word], value: undefined, fault, expected };
}

/** A number as JSON writes it. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The value of a text; the text itself where it does not fit the type, so that the check of arguments refuses it. */
function readValue(spec: ArgumentSpec, text: string): unknown {
  switch (spec.type) {
    case "number":
      return NUMBER.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return text === "" ? [] : text.split(",").map((item) => item.trim());
    default:
      return text;
  }
}
