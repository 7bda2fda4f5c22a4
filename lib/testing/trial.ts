import { Pulse } from "../daemon/pulse.ts";
import { describeThrown } from "../daemon/strays.ts";
import { sanitize } from "../base/mod.ts";
import { ranOutOfHeap, startWorker } from "../supervisor/worker.ts";
import type { LoggedRecord } from "./simulate.ts";
import type { TestOutcome } from "./test.ts";

/** How long a trial may take, real ms. */
const LIMIT = 30_000;

/** How long its thread may be busy with one thing, real ms. */
export const BLOCKED_AFTER = 10_000;

/** How often the trial's thread is looked at, ms. */
const LOOK_EVERY = 250;

/** The heap that it may take, bytes: what a daemon has unless told. */
const HEAP = 256 * 1024 * 1024;

/** What is to be tried. */
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
  /** The URL of its tests; undefined when there are none. */
  tests?: string;
}

/** What came of it. */
export interface TrialReport {
  /** Why it failed, in one line; absent when it did not. */
  error?: string;
  /** How long it ran, simulated ms. */
  ran: number;
  /** How that ended: it returned by itself, threw, stopped when it was told to, or had to be broken off. */
  end: "returned" | "threw" | "stopped" | "broken off";
  /** What it logged and printed. */
  log: LoggedRecord[];
  /** What it wrote: each map's entries by its name. */
  maps: Record<string, Record<string, unknown>>;
  /** The permissions that it was refused. */
  refused: string[];
  /** What its tests came to. */
  tests: TestOutcome[];
}

/** What the trial's thread is given. */
export interface TrialRequest {
  /** What is to be tried. */
  trial: Trial;
  /** Takes its {@linkcode TrialNews}. */
  port: MessagePort;
  /** Takes its signs of life. */
  pulse: SharedArrayBuffer;
}

/** What the trial's thread tells: what happens as it happens, and the report, or why there is none. */
export type TrialNews =
  | { type: "log"; record: LoggedRecord }
  | { type: "wrote"; at: number; map: string; key: string; value: unknown }
  | { type: "refused"; refusal: string }
  | { type: "failed"; at: number; error: string }
  | { type: "done"; report: TrialReport };

/** The report of a trial of which nothing is known yet. */
export function emptyReport(): TrialReport {
  return { ran: 0, end: "broken off", log: [], maps: {}, refused: [], tests: [] };
}

/**
 * Tries a daemon in a thread of its own. Never rejects: of one that does not come to its end it is told why, and
 * what it did until then.
 */
export async function runTrial(
  trial: Trial,
  permissions: Deno.PermissionOptionsObject,
): Promise<TrialReport> {
  const known = emptyReport();
  const { promise, resolve } = Promise.withResolvers<TrialReport>();
  const fail = (error: string) => resolve({ ...known, error: sanitize(error) });
  const { port1: ear, port2: port } = new MessageChannel();
  const pulse = new Pulse();
  let worker: Worker | undefined;
  const looking = lookAfter(pulse, fail);
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
    ear.onmessage = ({ data }: MessageEvent<TrialNews>) => {
      if (data.type === "done") resolve(data.report);
      else if (data.type === "failed") {
        known.ran = data.at;
        fail(data.error);
      } else note(known, data);
    };
    const request: TrialRequest = { trial, port, pulse: pulse.memory };
    worker.postMessage(request, [port]);
    return await promise;
  } catch (error) {
    return { ...known, error: describeThrown(error) };
  } finally {
    clearInterval(looking);
    ear.close();
    worker?.terminate();
  }
}

const OUT_OF_MEMORY = `it ran out of memory: more than ${HEAP / 1024 ** 2}MB`;

/** Looks at the thread's signs of life, as the agent does. */
function lookAfter(pulse: Pulse, fail: (why: string) => void): ReturnType<typeof setInterval> {
  const started = performance.now();
  let [last, since] = [0, started];
  return setInterval(() => {
    const now = performance.now();
    const { count, exhausted } = pulse.read();
    if (count !== last) [last, since] = [count, now];
    if (exhausted) fail(OUT_OF_MEMORY);
    if (now - since > BLOCKED_AFTER) {
      fail(`it blocks its thread: ${seconds(BLOCKED_AFTER)} without a pause`);
    }
    if (now - started > LIMIT) {
      fail(
        `it did not come to an end within ${
          seconds(LIMIT)
        }; does it use the context's sleep and signal?`,
      );
    }
  }, LOOK_EVERY);
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** Adds to what is known of a daemon that may never come to its end. */
function note(known: TrialReport, news: Exclude<TrialNews, { type: "failed" | "done" }>): void {
  switch (news.type) {
    case "log":
      known.log.push(news.record);
      known.ran = news.record.at;
      return;
    case "wrote":
      (known.maps[news.map] ??= {})[news.key] = news.value;
      if (news.value === undefined) delete known.maps[news.map]![news.key];
      known.ran = news.at;
      return;
    case "refused":
      if (!known.refused.includes(news.refusal)) known.refused.push(news.refusal);
  }
}
