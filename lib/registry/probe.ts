import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Problem } from "../config/problem.ts";
import { type DaemonDescription, refuseDefinition } from "../daemon/check.ts";
import { moduleFiles, refuseFile } from "../daemon/imports.ts";
import { describeThrown } from "../daemon/strays.ts";
import { sanitize } from "../base/mod.ts";
import { workerPermissions } from "../supervisor/permissions.ts";
import { ranOutOfHeap, startWorker } from "../supervisor/worker.ts";

/** How long a module may take to load before it counts as stuck, ms. */
export const LOAD_LIMIT = 5_000;

/** The heap that loading a module may take, bytes. */
const LOAD_HEAP = 256 * 1024 * 1024;

/** What a look at a module has shown: what it defines, or why it cannot be used in one line. */
export type Probed =
  | { description: DaemonDescription; argumentProblems: Problem[] }
  | { problem: string };

/** What the worker that looks at a module is asked. */
export interface ProbeRequest {
  /** The module's path. */
  file: string;
  /** Its URL. */
  module: string;
  /** The arguments to hold against what it takes. */
  given: Record<string, unknown>;
  /** Where the answer goes, a {@linkcode Probed}. */
  port: MessagePort;
}

/**
 * Loads a module in a worker of its own that is ended at once, and may do nothing but read the module's
 * folder. Never rejects: whatever the module does to its worker is a problem of the module.
 *
 * @param given the arguments to hold against what the module takes.
 */
export async function probeModule(
  file: string,
  given: Record<string, unknown>,
  limit: number = LOAD_LIMIT,
): Promise<Probed> {
  for (const path of await moduleFiles(file)) {
    const refusal = refuseFile(path);
    if (refusal !== undefined) return { problem: `${path}: ${refusal}` };
  }
  const { promise, resolve } = Promise.withResolvers<Probed>();
  const fail = (what: string) => resolve({ problem: `${file}: ${sanitize(what)}` });
  const { port1: ear, port2: port } = new MessageChannel();
  const late = setTimeout(() => fail(tooSlow(limit)), limit);
  let worker: Worker | undefined;
  try {
    worker = startWorker({
      entry: import.meta.resolve("./probe_worker.ts"),
      name: `probe of ${file}`,
      permissions: workerPermissions({}, dirname(file), []),
      heapLimit: LOAD_HEAP,
    });
    worker.onerror = (event) => {
      event.preventDefault();
      const what = ranOutOfHeap(event) ? "it ran out of memory" : event.message;
      fail(`${what} (while it was loaded)`);
    };
    ear.onmessage = ({ data }) => resolve(readAnswer(data, file));
    const request: ProbeRequest = { file, module: pathToFileURL(file).href, given, port };
    worker.postMessage(request, [port]);
    return await promise;
  } catch (error) {
    return { problem: `${file}: cannot be looked at: ${describeThrown(error)}` };
  } finally {
    clearTimeout(late);
    ear.close();
    worker?.terminate();
  }
}

/** An answer is held to its form: a module may have changed what the worker works with. */
function readAnswer(data: unknown, file: string): Probed {
  try {
    const { problem, description, argumentProblems } = data as Record<string, unknown>;
    if (typeof problem === "string") return { problem: inFile(file, problem) };
    if (!isDescription(description)) throw new TypeError("it describes no daemon");
    if (!Array.isArray(argumentProblems) || !argumentProblems.every(isProblem)) {
      throw new TypeError("it judges its arguments in a way of its own");
    }
    return { description, argumentProblems };
  } catch (error) {
    return { problem: `${file}: cannot be looked at: ${describeThrown(error)}` };
  }
}

/** A problem in one line that begins with a file of the module's. */
function inFile(file: string, problem: string): string {
  const line = sanitize(problem);
  return line.startsWith(dirname(file)) ? line : `${file}: ${line}`;
}

function isDescription(value: unknown): value is DaemonDescription {
  const { tasks, ...said } = value as Record<string, unknown>;
  const isList = Array.isArray(tasks) && tasks.every((task) => typeof task === "string");
  return isList && refuseDefinition({ ...said, run: () => {} }, undefined) === undefined;
}

function isProblem(value: unknown): value is Problem {
  const { path, expected, fault = "" } = value as Record<string, unknown>;
  return Array.isArray(path) &&
    [...path, expected, fault].every((text) => typeof text === "string");
}

function tooSlow(limit: number): string {
  return `did not load within ${limit / 1000} s; what takes long, or has no end, belongs in run()`;
}
