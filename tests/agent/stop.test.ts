import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type RunParts, runUntilStopped } from "../../lib/agent/stop.ts";
import { stopSignals, systemClock } from "../../lib/base/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { replaced } from "../cli/printed.ts";

type Request = "stop" | "pause" | "continue";

/** A run whose agent, log, home and service write down what is asked of them. */
function startRun(given: Partial<RunParts> = {}) {
  const calls: string[] = [];
  const call = (text: string) => () => void calls.push(text);
  const state = new MainState({ thread: "main" });
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const agent = {
    ...{ state, done },
    stop: () => (calls.push("agent stops"), resolve(), done),
    pause: (by: string) => (calls.push(`agent pauses: ${by}`), Promise.resolve()),
    resume: call("agent resumes"),
  };
  let listener: (request: Request) => void = () => {};
  const service = {
    name: "warden",
    running: call("running"),
    paused: call("paused"),
    listen: (take: typeof listener) => listener = take,
  };
  const parts = {
    log: {
      write: ({ level, message }: LogEntry) => void calls.push(`${level}: ${message}`),
      close: call("log is closed"),
    },
    home: {
      stopping: call("stop is recorded"),
      release: (how = "end is recorded") => void calls.push(how),
    },
    warnings: ["odd"],
    ...{ span: undefined, until: undefined, service },
    ...given,
  };
  const ended = runUntilStopped(
    parts as unknown as RunParts,
    () => ({ agent, served: Promise.resolve() }) as never,
  );
  return {
    ...{ ended, state },
    ask: (request: Request) => listener(request),
    /** What was called since. */
    next: () => calls.splice(0),
  };
}

const END = ["stop is recorded", "agent stops", "info: Stopped", "end is recorded"];

Deno.test("a run follows the service control manager, and records its stop and its end", async () => {
  const { ended, state, ask, next } = startRun();
  const [started, ...others] = next();
  assertMatch(started!, new RegExp(`^info: Started icinga-warden .*, process ${Deno.pid}$`));
  assertEquals(others, ["warning: odd", "running"]);
  ask("pause");
  assertEquals(next(), [
    "info: Service 'warden' is paused: daemons idle, nothing is restarted",
    "agent pauses: service",
    "paused",
  ]);
  ask("continue");
  assertEquals(next(), ["info: Service 'warden' continues", "agent resumes", "running"]);
  // A command ends a pause.
  const pauses = state.map<string, unknown>("Agent.Maintenance");
  pauses.set("paused", {});
  assertEquals(next(), []);
  pauses.delete("paused");
  assertEquals(next(), ["running"]);
  ask("stop");
  await ended;
  assertEquals(next(), [
    "info: Service 'warden' was asked to stop: stopping",
    ...END,
    "log is closed",
  ]);
  state.close();
});

Deno.test("a run ends when its time is up, and when it is told to, before its start as well", async () => {
  const later = new AbortController();
  const cases: [given: Partial<RunParts>, first: string[]][] = [
    [{ until: AbortSignal.abort() }, []],
    [{ until: later.signal }, []],
    [{ span: 1 }, ["info: The time given by --for is up: stopping"]],
  ];
  for (const [given, first] of cases) {
    const { ended, state, next } = startRun({ service: undefined, ...given });
    setTimeout(() => later.abort());
    await ended;
    assertEquals(next().slice(2), [...first, ...END, "log is closed"]);
    state.close();
  }
});

/** Takes the place of Deno's signals and its exit, until it is disposed of. */
function fakeSignals() {
  const listeners = new Map<Deno.Signal, () => void>();
  const restore = [
    replaced(Deno, "addSignalListener", (signal, listener) => void listeners.set(signal, listener)),
    replaced(Deno, "removeSignalListener", (signal) => void listeners.delete(signal)),
    replaced(Deno, "exit", (code) => {
      throw new Error(`exit ${code}`);
    }),
  ];
  return {
    listeners,
    interrupt: () => listeners.get("SIGINT")!(),
    [Symbol.dispose]: () => restore.forEach((restore) => restore()),
  };
}

Deno.test("a second signal ends at once, unless it is the same Ctrl+C", async () => {
  using signals = fakeSignals();
  const { ended, state, next } = startRun({ service: undefined });
  assertEquals([...signals.listeners.keys()], [...stopSignals(Deno.build.os)]);
  next();
  let now = 1_000;
  const restore = replaced(systemClock, "now", () => now);
  signals.interrupt();
  assertEquals(next(), ["info: SIGINT: stopping", ...END.slice(0, 2)]);
  now += 499;
  signals.interrupt();
  assertEquals(next(), []);
  now += 1;
  assertThrows(signals.interrupt, Error, "exit 1");
  assertEquals(next(), [
    "warning: SIGINT again: ending at once",
    "it was ended at once by a second SIGINT",
    "log is closed",
  ]);
  restore();
  await ended;
  assertEquals(signals.listeners.size, 0);
  state.close();
});

Deno.test("a signal while the agent stops already ends at once", async () => {
  using signals = fakeSignals();
  const { ended, state } = startRun({ service: undefined, until: AbortSignal.abort() });
  assertThrows(signals.interrupt, Error, "exit 1");
  await ended;
  state.close();
});
