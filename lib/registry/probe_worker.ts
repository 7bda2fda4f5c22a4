/**
 * The entry of the probe's worker: it reports what a module defines, or why it cannot be used.
 *
 * @module
 */
import type { Problem } from "../base/mod.ts";
import { describeDefinition, readArguments } from "../daemon/mod.ts";
import { catchUncaught, describeThrown, loadDaemon } from "../thread/mod.ts";
import { MAX_ANSWER, MAX_MESSAGE, MAX_PROBLEMS, type ProbeRequest } from "./probe.ts";

const { stringify } = JSON;

/** The answer is text, on a port that the module never gets: the main thread reads no object of the module's. */
self.onmessage = async ({ data: { file, module, given, port } }: MessageEvent<ProbeRequest>) => {
  self.onmessage = null;
  const post = port.postMessage.bind(port);
  // JSON of a text alone: a module may have given every object a `toJSON`.
  const refuse = (problem: string) => post(`{"problem":${stringify(problem)}}`);
  const fail = (error: unknown) => refuse(`${file}: ${message(error)} (while it was loaded)`);
  self.postMessage("started");
  catchUncaught({ print: () => {}, fail });
  try {
    const answer = `${await probe(module, given)}`;
    if (answer.length <= MAX_ANSWER) post(answer);
    else refuse(`declares more than ${MAX_ANSWER} characters`);
  } catch (error) {
    refuse(message(error));
  }
};

function message(error: unknown): string {
  return describeThrown(error).slice(0, MAX_MESSAGE);
}

async function probe(module: string, given: Record<string, unknown>): Promise<string> {
  const definition = await loadDaemon(module);
  const { problems, warnings } = readArguments(definition.arguments ?? {}, given);
  return stringify({
    description: describeDefinition(definition),
    argumentProblems: withoutValues(problems),
    argumentWarnings: withoutValues(warnings),
  });
}

function withoutValues(problems: readonly Problem[]): Omit<Problem, "value">[] {
  return problems.slice(0, MAX_PROBLEMS).map(({ value: _, ...problem }) => problem);
}
