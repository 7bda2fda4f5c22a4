/**
 * The entry of the worker in which `icinga-warden daemon test` tries a daemon: it runs it on a simulated context, and
 * the tests beside it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { cut, toJson } from "../base/mod.ts";
import {
  catchUncaught,
  describeFailure,
  describeLoadError,
  describeStack,
  describeThrown,
  Heartbeat,
  heartbeatInterval,
  importable,
  loadDaemon,
  startHeartbeat,
} from "../thread/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import { Simulation } from "./simulate.ts";
import { recordRefusals, refusalsIn } from "./refusals.ts";
import { MAX_TEXT, runTests } from "./test.ts";
import {
  BLOCKED_AFTER,
  MAX_REPORT,
  type Trial,
  type TrialMessage,
  type TrialRequest,
} from "./trial.ts";

const { stringify } = JSON;

/** The longest call of a stack in a report, characters. */
const MAX_CALL = 200;

self.onmessage = async ({ data: { trial, port, heartbeat } }: MessageEvent<TrialRequest>) => {
  self.onmessage = null;
  self.postMessage = () => {};
  startHeartbeat(new Heartbeat(heartbeat), heartbeatInterval(BLOCKED_AFTER / 4));
  await new Attempt(port.postMessage.bind(port)).make(trial);
};

/** One trial of a daemon. */
class Attempt {
  readonly #post: (text: string) => void;
  #simulation: Simulation | undefined;
  #refused: (refusal: string) => void = () => {};
  #logged = 0;
  #home = "";
  /** How many characters may still be reported. */
  #room = MAX_REPORT;

  /** @param post sends a message to the trial, as JSON. */
  constructor(post: (text: string) => void) {
    this.#post = post;
  }

  async make(trial: Trial): Promise<void> {
    this.#home = trial.home;
    this.#refused = recordRefusals((refusal) => {
      this.#tell({ type: "refused", refusal: cut(refusal, MAX_TEXT) });
    });
    catchUncaught({
      print: (level, text) => this.#record(level, text),
      fail: (error) => this.#tell({ type: "failed", at: this.#now, ...this.#describe(error) }),
    });
    await this.#runDaemon(trial);
    const error = trial.tests === undefined ? undefined : await this.#runTests(trial.tests);
    this.#tell({ type: "done", logged: this.#logged, error });
  }

  get #now(): number {
    return this.#simulation?.now ?? 0;
  }

  #tell(message: TrialMessage): void {
    this.#post(stringify(message));
  }

  /** Reports what a daemon may do endlessly, such as logging, within {@linkcode MAX_REPORT}. */
  #tellWithin(message: TrialMessage): void {
    const text = stringify(message);
    if ((this.#room -= text.length) >= 0) this.#post(text);
  }

  #record(level: LogLevel, text: string): void {
    this.#logged++;
    const message = cut(stripVTControlCharacters(text), MAX_TEXT);
    refusalsIn(message).forEach(this.#refused);
    this.#tellWithin({ type: "log", at: this.#now, level, message });
  }

  #wrote(map: string, key: string, value: unknown): void {
    const json = value === undefined ? undefined : toJson(value, 0, { characters: MAX_TEXT });
    this.#tellWithin({
      type: "wrote",
      at: this.#now,
      map: cut(map, MAX_TEXT),
      key: cut(key, MAX_TEXT),
      value: json && cut(json, MAX_TEXT),
    });
  }

  /** Without colours, which assertions have. */
  #describe(thrown: unknown): { error: string; stack: string[] } {
    refusalsIn(describeThrown(thrown)).forEach(this.#refused);
    const error = cut(stripVTControlCharacters(describeFailure(thrown, this.#home)), MAX_TEXT);
    const stack = describeStack(thrown, this.#home).map((call) => cut(call, MAX_CALL));
    return { error, stack };
  }

  async #runDaemon({ module, span, ...options }: Trial): Promise<void> {
    try {
      const definition = await loadDaemon(module);
      const simulation = this.#simulation = new Simulation(definition, {
        ...options,
        onLog: ({ level, message }) => this.#record(level, message),
        onChange: (map, key, value) => this.#wrote(map, key, value),
      });
      await simulation.advance(span);
      const end = simulation.ended ? "returned" : "stopped";
      const at = simulation.endedAt ?? simulation.now;
      await simulation.stop();
      this.#tellLastValues();
      this.#tell({ type: "ended", at, end });
    } catch (error) {
      this.#tellLastValues();
      const at = this.#simulation?.endedAt ?? this.#now;
      this.#tell({ type: "ended", at, end: "threw", ...this.#describe(error) });
    }
  }

  /** Where there was too much to report, the values that count are the last ones. */
  #tellLastValues(): void {
    if (this.#room >= 0 || !this.#simulation) return;
    this.#room = MAX_REPORT;
    for (const [map, entries] of Object.entries(this.#simulation.ownMaps())) {
      for (const [key, value] of Object.entries(entries)) this.#wrote(map, key, value);
    }
  }

  /** Returns why its tests could not run; undefined when they could. */
  async #runTests(url: string): Promise<string | undefined> {
    const importFile = async () => {
      const file = fileURLToPath(url);
      const texts = await importable(file);
      try {
        await import(url);
      } catch (error) {
        throw new Error(describeLoadError(error, file, texts));
      }
    };
    try {
      await runTests(
        importFile,
        (error) => this.#describe(error),
        (names) => this.#tellWithin({ type: "tests", names }),
        (result) => this.#tellWithin({ type: "test", ...result }),
      );
      return undefined;
    } catch (error) {
      return this.#describe(error).error;
    }
  }
}
