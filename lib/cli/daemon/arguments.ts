import { describeProblem, type Problem } from "../../base/mod.ts";
import type { DaemonDescription } from "../../daemon/check.ts";
import { lookAt, type Subject } from "./subject.ts";
import { readWords } from "./words.ts";

/** A daemon's arguments for a command, held against what its module takes. */
export interface GivenArguments {
  description: DaemonDescription;
  /** Those of its entry, and those that were typed, which go before them. */
  given: Record<string, unknown>;
  /** All that is wrong with them, and with what was typed. */
  problems: Problem[];
}

/**
 * Reads the arguments that were typed for a daemon.
 *
 * @throws {UsageError} one line that says why the module cannot be used.
 */
export async function readGiven(
  subject: Subject,
  words: readonly string[],
): Promise<GivenArguments> {
  const registered = subject.entry?.arguments ?? {};
  const { description, argumentProblems: before } = await lookAt(subject, registered);
  if (words.length === 0) return { description, given: registered, problems: before };
  const { values, problems } = readWords(words, description.arguments);
  const given = { ...registered, ...values };
  const { argumentProblems } = await lookAt(subject, given);
  return { description, given, problems: [...problems, ...argumentProblems] };
}

/** All that is wrong with arguments, on one line. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `argument ${describeProblem(problem)}`).join(", and ");
}
