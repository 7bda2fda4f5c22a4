import { assertEquals, assertMatch } from "@std/assert";
import { runUntilStopped } from "../../lib/agent/stop.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { MainState } from "../../lib/state/mod.ts";

Deno.test("a run follows the service control manager, and records its stop and its end", async () => {
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
  let ask: (request: "stop" | "pause" | "continue") => void = () => {};
  const service = {
    name: "warden",
    running: call("running"),
    paused: call("paused"),
    listen: (take: typeof ask) => ask = take,
  };
  const parts = {
    log: {
      write: ({ level, message }: LogEntry) => void calls.push(`${level}: ${message}`),
      close: call("log is closed"),
    },
    home: { stopping: call("stop is recorded"), release: call("end is recorded") },
    warnings: ["odd"],
    ...{ span: undefined, until: undefined, service },
  };
  const ended = runUntilStopped(
    parts as unknown as Parameters<typeof runUntilStopped>[0],
    () => ({ agent, served: Promise.resolve() }) as never,
  );
  const next = () => calls.splice(0);
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
    "stop is recorded",
    "agent stops",
    "info: Stopped",
    "end is recorded",
    "log is closed",
  ]);
  state.close();
});
