import * as v from "valibot";
import { cut, errorMessage, sanitize } from "../base/mod.ts";
import { Heartbeat, ranOutOfHeap, startWorker } from "../thread/mod.ts";
import { LOG_LEVELS } from "../log/mod.ts";
import type { LoggedRecord } from "./options.ts";
import { MAX_TEXT, type TestResult } from "./test.ts";

/** How long a trial may take, its tests included, real ms. */
const LIMIT = 30_000;

/** How long its thread may be busy with one thing, real ms. */
export const BLOCKED_AFTER = 10_000;

/** How often the heartbeat of the trial's thread is checked, ms. */
const CHECK_EVERY = 250;

/** The heap that it may take, bytes: a daemon's default. */
const HEAP = 256 * 1024 * 1024;

/** How much the trial's thread reports, characters; what comes then is left out. */
export const MAX_REPORT = 8 * 1024 * 1024;

/** A daemon to be tried. */
export interface Trial {
  /** The URL of the daemon's module. */
  module: string;
  /** The name under which it is registered. */
  name: string;
  /** Its arguments as the configuration writes them. */
  arguments: Record<string, unknown>;
  /** The home folder. */
  home: string;
  /** How long it runs, simulated ms. */
  span: number;
  /** The URL of its tests; absent when there are none. */
  tests?: string;
  /** What maps of the public state hold when it starts: each map's entries by its path. Default: nothing. */
  state?: Record<string, Record<string, unknown>>;
  /** The names of the thread pools. Default: there is each that it names. */
  pools?: readonly string[];
}

/** The result of a trial. */
export interface TrialReport {
  /** Why it failed, in one line; absent when it passed. */
  error?: string;
  /** The calls that led to the failure, the last first; absent where that is not known. */
  stack?: string[];
  /** How long it ran, simulated ms. */
  ran: number;
  /** How that ended: it returned, threw, stopped on request, or had to be ended. */
  end: "returned" | "threw" | "stopped" | "broken off";
  /** What it logged and printed; of many records the first. */
  log: LoggedRecord[];
  /** How many records there were. */
  logged: number;
  /** What it wrote: each map's entries by its name. A long value is the beginning of its JSON. */
  maps: Record<string, Record<string, unknown>>;
  /** The permissions that it was refused. */
  refused: string[];
  /** The results of its tests. */
  tests: TestResult[];
}

/** What the trial's thread is given. */
export interface TrialRequest {
  /** What is to be tried. */
  trial: Trial;
  /** Takes each {@linkcode TrialMessage} as JSON. */
  port: MessagePort;
  /** Takes its heartbeat. */
  heartbeat: SharedArrayBuffer;
}

const Moment = v.pipe(v.number(), v.minValue(0));
const LogLevels = v.picklist(LOG_LEVELS);
const Ends = v.picklist(["returned", "threw", "stopped"]);

/** Why something failed, and the calls that led there. */
const FAILURE = { error: v.optional(v.string()), stack: v.optional(v.array(v.string())) };

const Message = v.variant("type", [
  v.object({ type: v.literal("log"), at: Moment, level: LogLevels, message: v.string() }),
  v.object({
    type: v.literal("wrote"),
    at: Moment,
    map: v.string(),
    key: v.string(),
    value: v.optional(v.string()),
  }),
  v.object({ type: v.literal("refused"), refusal: v.string() }),
  v.object({ type: v.literal("tests"), names: v.array(v.string()) }),
  v.object({ type: v.literal("test"), name: v.string(), ...FAILURE }),
  v.object({ type: v.literal("failed"), at: Moment, ...FAILURE, error: v.string() }),
  v.object({ type: v.literal("ended"), at: Moment, end: Ends, ...FAILURE }),
  v.object({ type: v.literal("done"), logged: v.number(), error: v.optional(v.string()) }),
]);

/**
 * What the trial's thread reports, as it happens: the daemon may never come to its end. `failed` comes from outside of
 * its work and ends the trial; `ended`: the daemon has; `tests`: those that are going to run, in order; `done`: they
 * have. A value is JSON; absent when its key was deleted.
 */
export type TrialMessage = v.InferOutput<typeof Message>;

/**
 * Tries a daemon in a thread of its own. Never rejects: where the daemon does not come to its end, the report says why,
 * and what it did until then.
 *
 * @param limit how long loading, running, stopping and testing may take together, real ms. Default: 30 s.
 */
export async function runTrial(
  trial: Trial,
  permissions: Deno.PermissionOptionsObject,
  limit: number = LIMIT,
): Promise<TrialReport> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const report = new Report(resolve);
  const fail = (error: string) => report.fail(error);
  const { port1: receiver, port2: port } = new MessageChannel();
  const heartbeat = new Heartbeat();
  const checking = checkHeartbeat(heartbeat, report, limit);
  let worker: Worker | undefined;
  try {
    worker = startWorker({
      entry: import.meta.resolve("./worker.ts"),
      name: `trial of ${trial.name}`,
      permissions,
      heapLimit: HEAP,
    });
    worker.onerror = (event) => {
      event.preventDefault();
      fail(ranOutOfHeap(event) ? OUT_OF_MEMORY : `it threw outside of run: ${event.message}`);
    };
    receiver.onmessage = ({ data }) => report.take(data);
    receiver.onmessageerror = () => fail("its report cannot be read");
    const request: TrialRequest = { trial, port, heartbeat: heartbeat.memory };
    worker.postMessage(request, [port]);
    await promise;
  } catch (error) {
    fail(errorMessage(error));
  } finally {
    clearInterval(checking);
    receiver.close();
    worker?.terminate();
  }
  return report.known;
}

const OUT_OF_MEMORY = `it ran out of memory: more than ${HEAP / 1024 ** 2}MB`;

/** Ends the trial where the agent would end the thread, and at the limit. */
function checkHeartbeat(
  heartbeat: Heartbeat,
  report: Report,
  limit: number,
): ReturnType<typeof setInterval> {
  const started = performance.now();
  let [last, since] = [0, started];
  return setInterval(() => {
    const now = performance.now();
    const { count, exhausted } = heartbeat.read();
    if (count !== last) [last, since] = [count, now];
    if (exhausted) report.fail(OUT_OF_MEMORY);
    if (now - since > BLOCKED_AFTER) {
      report.fail(`it blocks its thread: ${seconds(BLOCKED_AFTER)} without a pause`);
    }
    if (now - started <= limit) return;
    report.fail(
      report.known.end === "broken off"
        ? `it did not come to an end within ${
          seconds(limit)
        }; does it use the context's sleep and signal, and is the time of --for short enough?`
        : `its tests did not come to an end within ${seconds(limit)}`,
    );
  }, CHECK_EVERY);
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** What is known of a trial. It takes what the thread reports as a stranger's words: the daemon may have changed them. */
class Report {
  readonly known: TrialReport = {
    ran: 0,
    end: "broken off",
    log: [],
    logged: 0,
    maps: Object.create(null),
    refused: [],
    tests: [],
  };
  readonly #done: () => void;
  #over = false;
  /** The names of the tests that are to run. */
  #tests: string[] = [];
  /** Characters; the thread itself keeps to a third of it for each kind of message. */
  #room = 3 * MAX_REPORT;

  /** @param done called when the trial is over. */
  constructor(done: () => void) {
    this.#done = done;
  }

  fail(error: string, stack?: string[]): void {
    if (this.#over) return;
    this.#noteError(error, stack);
    this.#noteUnfinished();
    this.#end();
  }

  /** What the thread reports after this counts no more. */
  #end(): void {
    this.#over = true;
    this.#done();
  }

  /** The test that did not end, and those that would have come after it. */
  #noteUnfinished(): void {
    const { tests } = this.known;
    const [late, ...others] = this.#tests.slice(tests.length);
    this.#tests = [];
    if (late === undefined) return;
    tests.push({ name: sanitize(late), error: "it did not come to an end" });
    tests.push(...others.map((name) => ({ name: sanitize(name), error: "it was not run" })));
  }

  /** What failed first counts. */
  #noteError(error: string, stack: string[] = []): void {
    if (this.known.error !== undefined) return;
    this.known.error = sanitize(cut(error, MAX_TEXT));
    if (stack.length > 0) this.known.stack = stack.map(sanitize);
  }

  take(data: unknown): void {
    if (this.#over) return;
    try {
      if (typeof data !== "string") throw new TypeError("not a text");
      if ((this.#room -= data.length) < 0) throw new RangeError("too much");
      this.#note(v.parse(Message, JSON.parse(data)));
    } catch (error) {
      this.fail(`its report cannot be read: ${errorMessage(error)}`);
    }
  }

  #note(message: TrialMessage): void {
    const { known } = this;
    if ("at" in message) known.ran = message.at;
    switch (message.type) {
      case "log": {
        const { at, level, message: text } = message;
        known.logged = known.log.push({ at, level, message: text });
        return;
      }
      case "wrote":
        return this.#noteWrite(message);
      case "refused":
        known.refused.push(sanitize(message.refusal));
        return;
      case "tests":
        this.#tests = message.names;
        return;
      case "test": {
        const { name, error, stack = [] } = message;
        known.tests.push(
          error === undefined ? { name } : { name, error, stack: stack.map(sanitize) },
        );
        return;
      }
      case "ended":
        known.end = message.end;
        if (message.error !== undefined) this.#noteError(message.error, message.stack);
        return;
      case "done":
        known.logged = message.logged;
        if (message.error !== undefined) return this.fail(message.error);
        return this.#end();
      case "failed":
        return this.fail(message.error, message.stack);
    }
  }

  #noteWrite({ map, key, value }: Extract<TrialMessage, { type: "wrote" }>): void {
    const entries = this.known.maps[map] ??= Object.create(null) as Record<string, unknown>;
    if (value === undefined) delete entries[key];
    else entries[key] = value.length < MAX_TEXT ? JSON.parse(value) : cut(value, MAX_TEXT);
  }
}
