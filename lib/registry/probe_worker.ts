/**
 * The entry of the worker that looks at a module: it says what the module defines, or why it cannot be used.
 *
 * @module
 */
import { readArguments } from "../config/arguments.ts";
import { describeDefinition } from "../daemon/check.ts";
import { loadDaemon } from "../daemon/load.ts";
import type { Probed } from "./probe.ts";

const answer = self.postMessage.bind(self);

self.onmessage = async ({ data: { module, given } }) => {
  answer(await probe(module, given));
};

async function probe(module: string, given: Record<string, unknown>): Promise<Probed> {
  try {
    const definition = await loadDaemon(module);
    const { problems } = readArguments(definition.arguments ?? {}, given);
    return { description: describeDefinition(definition), argumentProblems: problems };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
