/**
 * The entry of the worker that looks at a module: it says what the module defines, or why it cannot be used.
 *
 * @module
 */
import { readArguments } from "../config/arguments.ts";
import { describeDefinition } from "../daemon/check.ts";
import { loadDaemon } from "../daemon/load.ts";
import { catchStrays, describeThrown } from "../daemon/strays.ts";
import type { Probed, ProbeRequest } from "./probe.ts";

/** The answer goes through a port that the module never sees: what it posts by itself is no answer. */
self.onmessage = async ({ data: { file, module, given, port } }: MessageEvent<ProbeRequest>) => {
  self.onmessage = null;
  const answer = port.postMessage.bind(port);
  const fail = (error: unknown) =>
    answer({ problem: `${file}: ${describeThrown(error)} (while it was loaded)` });
  catchStrays({ print: () => {}, fail });
  self.postMessage = () => fail(new Error("it posted a message; its work belongs in run()"));
  answer(await probe(module, given));
};

async function probe(module: string, given: Record<string, unknown>): Promise<Probed> {
  try {
    const definition = await loadDaemon(module);
    const { problems } = readArguments(definition.arguments ?? {}, given);
    return { description: describeDefinition(definition), argumentProblems: problems };
  } catch (error) {
    return { problem: describeThrown(error) };
  }
}
