/**
 * The entry of the worker in which `icinga-warden daemon test` tries a daemon: it runs it on a simulated
 * context, and the tests beside it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { loadDaemon } from "../daemon/load.ts";
import { describeLoadError } from "../daemon/load_error.ts";
import { beatInterval, Pulse, startBeating } from "../daemon/pulse.ts";
import { catchStrays, describeThrown } from "../daemon/strays.ts";
import type { LogLevel } from "../log/level.ts";
import { Simulation } from "./mod.ts";
import { recordRefusals, refusalsIn } from "./refusals.ts";
import { runTests, type TestOutcome } from "./test.ts";
import {
  BLOCKED_AFTER,
  emptyReport,
  type Trial,
  type TrialNews,
  type TrialReport,
  type TrialRequest,
} from "./trial.ts";

/** More news than these are told with the report alone: a daemon may log in a loop that never ends. */
const MOST_NEWS = 10_000;

self.onmessage = async ({ data: { trial, port, pulse } }: MessageEvent<TrialRequest>) => {
  self.onmessage = null;
  const post = port.postMessage.bind(port);
  let left = MOST_NEWS;
  const tell = (news: TrialNews) => {
    if (news.type === "failed" || news.type === "done" || left-- > 0) post(news);
  };
  startBeating(new Pulse(pulse), beatInterval(BLOCKED_AFTER / 4));
  tell({ type: "done", report: await new Attempt(tell).make(trial) });
};

/** One trial of a daemon. */
class Attempt {
  readonly #tell: (news: TrialNews) => void;
  readonly #report = emptyReport();
  #simulation: Simulation | undefined;

  /** @param tell takes what happens as it happens: the daemon may never come to its end. */
  constructor(tell: (news: TrialNews) => void) {
    this.#tell = tell;
  }

  async make(trial: Trial): Promise<TrialReport> {
    const report = this.#report;
    const tell = this.#tell;
    const refused = recordRefusals((refusal) => tell({ type: "refused", refusal }));
    catchStrays({
      print: (level, text) => this.#record(level, text),
      fail: (error) => tell({ type: "failed", at: this.#now, error: describeThrown(error) }),
    });
    try {
      await this.#runDaemon(trial);
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

  get #now(): number {
    return this.#simulation?.now ?? 0;
  }

  #record(level: LogLevel, message: string): void {
    const record = { at: this.#now, level, message };
    this.#report.log.push(record);
    this.#tell({ type: "log", record });
  }

  async #runDaemon({ module, span, ...options }: Trial): Promise<void> {
    const definition = await loadDaemon(module);
    const simulation = new Simulation(definition, {
      ...options,
      onLog: ({ level, message }) => this.#record(level, message),
      onChange: (map, key, value) => {
        this.#tell({ type: "wrote", at: this.#now, map, key, value });
      },
    });
    this.#simulation = simulation;
    const report = this.#report;
    try {
      await simulation.advance(span);
      report.end = simulation.ended ? "returned" : "stopped";
      report.ran = simulation.endedAt ?? simulation.now;
      await simulation.stop();
    } catch (error) {
      report.end = "threw";
      report.ran = simulation.endedAt ?? simulation.now;
      throw error;
    } finally {
      report.maps = simulation.ownMaps();
    }
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
