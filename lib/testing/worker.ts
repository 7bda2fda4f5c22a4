/**
 * The entry of the worker in which `icinga-warden daemon test` tries a daemon: it runs it on a simulated
 * context, and the tests beside it.
 *
 * @module
 */
import { loadDaemon } from "../daemon/load.ts";
import { describeLoadError } from "../daemon/load_error.ts";
import { describeThrown } from "../daemon/strays.ts";
import { fileURLToPath } from "node:url";
import { recordRefusals, refusalsIn } from "./refusals.ts";
import { type LoggedRecord, Simulation } from "./mod.ts";
import { runTests, type TestOutcome } from "./test.ts";

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
  /** Whether it returned before it was told to stop. */
  finished: boolean;
  /** What it logged. */
  log: LoggedRecord[];
  /** What it wrote: each map's entries by its name. */
  maps: Record<string, Record<string, unknown>>;
  /** The permissions that it was refused. */
  refused: string[];
  /** What its tests came to. */
  tests: TestOutcome[];
}

const answer = self.postMessage.bind(self);

self.onmessage = async ({ data }: MessageEvent<Trial>) => answer(await attempt(data));

async function attempt(trial: Trial): Promise<TrialReport> {
  const refused = recordRefusals();
  const report: TrialReport = {
    ran: 0,
    finished: false,
    log: [],
    maps: {},
    refused: [],
    tests: [],
  };
  try {
    await runDaemon(trial, report);
  } catch (error) {
    report.error = describeThrown(error);
  }
  try {
    if (trial.tests !== undefined) report.tests = await runTestFile(trial.tests);
  } catch (error) {
    report.error ??= describeThrown(error);
  }
  const said = [...report.log.map(({ message }) => message), report.error ?? ""].join("\n");
  report.refused = [...new Set([...refused, ...refusalsIn(said)])];
  return report;
}

async function runDaemon({ module, span, ...options }: Trial, report: TrialReport): Promise<void> {
  const simulation = new Simulation(await loadDaemon(module), options);
  try {
    await simulation.advance(span);
    report.finished = simulation.ended;
    await simulation.stop();
  } finally {
    const own = `Daemons.${options.name}.`;
    const paths = simulation.state.paths().filter((path) => path.startsWith(own));
    const maps = paths.map((path) => [path.slice(own.length), simulation.state.map(path)] as const);
    report.ran = simulation.now;
    report.log = simulation.log;
    report.maps = Object.fromEntries(maps.map(([name, map]) => [name, Object.fromEntries(map)]));
  }
}

async function runTestFile(url: string): Promise<TestOutcome[]> {
  return await runTests(async () => {
    try {
      await import(url);
    } catch (error) {
      throw new Error(describeLoadError(error, fileURLToPath(url)));
    }
  });
}
