import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Problem, sanitize, valueAt } from "../base/mod.ts";
import { type DaemonDescription, describeDefinition, refuseDefinition } from "../daemon/mod.ts";
import {
  describeThrown,
  type ExaminedModule,
  examineModule,
  ExitDetector,
  ownReads,
  ranOutOfHeap,
  startWorker,
  workerPermissions,
} from "../thread/mod.ts";

/** How long the worker may take to start, ms: the machine may be busy. */
const START_LIMIT = 30_000;

/** How long loading a module may take from then on, ms. */
const LOAD_LIMIT = 5_000;

/** The heap that loading a module may take, bytes. */
const LOAD_HEAP = 256 * 1024 * 1024;

/** The longest answer of a probe, characters. */
export const MAX_ANSWER = 256 * 1024;

/** The longest error message that is taken from a module, characters. */
export const MAX_MESSAGE = 2_000;

/** How many problems of arguments are listed, and how many warnings. */
export const MAX_PROBLEMS = 20;

/** The result of a probe: what the module defines, or why it cannot be used, in one line. */
export type Probed =
  | { description: DaemonDescription; argumentProblems: Problem[]; argumentWarnings: Problem[] }
  | {
    problem: string;
    /**
     * Present where a time limit ended the probe, which says nothing of the module: the machine may be busy. Resolves
     * when its worker has ended; one in an endless loop never does, and each further probe would leave another.
     */
    ended?: Promise<void>;
  };

/** What the probe's worker is given. */
export interface ProbeRequest {
  /** The module's path. */
  file: string;
  /** Its URL. */
  module: string;
  /** The arguments to check. */
  given: Record<string, unknown>;
  /** Takes the answer: a {@linkcode Probed} as JSON, its problems without values. */
  port: MessagePort;
}

/** How a module is probed. */
export interface ProbeOptions {
  /** The home folder, absolute. Default: the module does not lie in it. */
  home?: string;
  /** What is known of its files. Default: they are read. */
  examined?: ExaminedModule;
  /** How long loading may take once the worker has started, ms. Default: 5 s. */
  limit?: number;
  /** How long the worker may take to start, ms. Default: 30 s. */
  startLimit?: number;
}

/**
 * Loads a module in a worker that is ended at once and may read what is the module's own, and nothing else. Never
 * rejects: whatever the module does is the module's problem.
 *
 * @param given the arguments to check.
 */
export async function probeModule(
  file: string,
  given: Record<string, unknown>,
  { home, examined, limit = LOAD_LIMIT, startLimit = START_LIMIT }: ProbeOptions = {},
): Promise<Probed> {
  const { files, refusal } = examined ?? await examineModule(file);
  if (refusal !== undefined) return { problem: refusal };
  const { promise, resolve } = Promise.withResolvers<Probed>();
  const fail = (what: string) => resolve({ problem: `${file}: ${shorten(what)}` });
  const { port1: receiver, port2: port } = new MessageChannel();
  let worker: Worker | undefined;
  const giveUp = (what: string) => {
    const exit = new ExitDetector();
    worker?.postMessage(null, [exit.far]);
    resolve({ problem: `${file}: ${what}`, ended: exit.gone() });
  };
  const stuck = () =>
    giveUp(`cannot be examined: its worker did not start within ${startLimit / 1000} s`);
  let timer = setTimeout(stuck, startLimit);
  try {
    worker = startWorker({
      entry: import.meta.resolve("./probe_worker.ts"),
      name: `probe of ${file}`,
      permissions: workerPermissions(
        {},
        home === undefined ? [dirname(file)] : ownReads(files, home),
        [],
      ),
      heapLimit: LOAD_HEAP,
    });
    worker.onerror = (event) => {
      event.preventDefault();
      const what = ranOutOfHeap(event) ? "it ran out of memory" : event.message;
      fail(`${what.slice(0, MAX_MESSAGE)} (while it was loaded)`);
    };
    const begin = () => {
      clearTimeout(timer);
      const late = `did not load within ${limit / 1000} s`;
      timer = setTimeout(
        () => giveUp(`${late}; what takes long, or has no end, belongs in run()`),
        limit,
      );
    };
    worker.addEventListener("message", begin, { once: true });
    receiver.onmessage = ({ data }) => resolve(readAnswer(data, file, given));
    receiver.onmessageerror = () => fail("cannot be examined: its answer cannot be read");
    const request: ProbeRequest = { file, module: pathToFileURL(file).href, given, port };
    worker.postMessage(request, [port]);
    return await promise;
  } catch (error) {
    return { problem: `${file}: cannot be examined: ${shorten(describeThrown(error))}` };
  } finally {
    clearTimeout(timer);
    receiver.close();
    worker?.terminate();
  }
}

/** Checks an answer as a stranger's: a module may have changed what the worker works with. */
function readAnswer(data: unknown, file: string, given: Record<string, unknown>): Probed {
  try {
    if (typeof data !== "string" || data.length > MAX_ANSWER) throw new TypeError("no such answer");
    const { problem, description, argumentProblems, argumentWarnings } = JSON.parse(data);
    if (typeof problem === "string") return { problem: inFile(file, problem) };
    return {
      description: readDescription(description),
      argumentProblems: readProblems(argumentProblems, given),
      argumentWarnings: readProblems(argumentWarnings, given),
    };
  } catch (error) {
    return { problem: `${file}: cannot be examined: ${shorten(describeThrown(error))}` };
  }
}

/** A problem in one line that begins with the module's file or a file beside it. */
function inFile(file: string, problem: string): string {
  const line = shorten(problem);
  return line.startsWith(dirname(file)) ? line : `${file}: ${line}`;
}

/** One line of what the worker has cut already, its file and what it was doing included. */
function shorten(text: string): string {
  return sanitize(text.slice(0, 2 * MAX_MESSAGE));
}

/** @throws {TypeError} when it describes no daemon. */
function readDescription(
  { tasks, ...declared }: Omit<DaemonDescription, "tasks"> & { tasks: string[] },
): DaemonDescription {
  const run = () => {};
  const definition = {
    ...declared,
    run,
    tasks: Object.fromEntries(tasks.map((task) => [task, run])),
  };
  const refusal = refuseDefinition(definition, undefined);
  if (refusal !== undefined) throw new TypeError(`it describes no daemon: ${refusal}`);
  return describeDefinition(definition);
}

/** @throws {TypeError} when they are not problems of arguments: no texts, or too many. */
function readProblems(list: Problem[], given: Record<string, unknown>): Problem[] {
  if (list.length > MAX_PROBLEMS) throw new TypeError("its answer cannot be read");
  return list.map(({ path, expected, fault }) => ({
    path: path.map(shorten),
    value: valueAt(given, path),
    expected: shorten(expected),
    ...(fault !== undefined && { fault: shorten(fault) }),
  }));
}
