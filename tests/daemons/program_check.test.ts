import { assertEquals } from "@std/assert";
import daemon from "../../daemons/program_check.ts";
import { readPlugin } from "../../daemons/shared/plugin_output.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { createContext, createDaemonLog } from "../../lib/daemon/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import type { RunResult } from "../../lib/daemon/author.ts";
import { simulate } from "../../lib/testing/author.ts";

Deno.test("what a plugin says is read as the guidelines write it", () => {
  const output = [
    "DISK WARNING - free space: / 3326 MB | /=2643MB;5948;@10:20;0;5968 'C: used %'=12,5%;80;90",
    "a long line",
    "/boot 68 MB | time=5ms;~:10;;0 count=7c odd=U x='1' 'it''s'=3",
  ].join("\r\n");
  assertEquals(readPlugin(1, output), {
    level: "warning",
    text: "DISK WARNING - free space: / 3326 MB",
    numbers: {
      "/": {
        ...{ value: 2.643e9, unit: "B", warning: "5948000000", critical: "@10000000:20000000" },
        ...{ min: 0, max: 5.968e9 },
      },
      "C: used _": { value: 12.5, unit: "%", warning: "80", critical: "90" },
      "time": { value: 0.005, unit: "s", warning: "~:0.01", min: 0 },
      "count": { value: 7, unit: "c" },
      "it_s": { value: 3 },
    },
  });
  assertEquals(readPlugin(4, ""), {
    level: "unknown",
    text: "exit code 4, and no output",
    numbers: {},
  });
  const many = Array.from({ length: 200 }, (_, n) => `n${n}=1`).join(" ");
  assertEquals(Object.keys(readPlugin(0, `x | ${many}`).numbers).length, 50);
});

Deno.test("the verdict is the plugin's; one that is late or not there is unknown", async () => {
  const verdictOf = async (run: () => Partial<RunResult> | undefined) => {
    const simulation = simulate(daemon, { arguments: { program: "check_x" }, run });
    await simulation.advance("1s");
    const { level, text, numbers } = simulation.map("Verdict").get("now") as never;
    const metrics = simulation.metrics().map(({ name }) => name.replace(/^.*_check_/, "")).sort();
    await simulation.stop();
    return { level, text, numbers, metrics };
  };
  const metrics = ["duration_seconds", "exit_code"];
  assertEquals(await verdictOf(() => ({ code: 2, stdout: "X CRITICAL | a=1\n" })), {
    ...{ level: "critical", text: "X CRITICAL", numbers: { a: { value: 1 } }, metrics },
  });
  const text = "only told on its error output";
  const told = await verdictOf(() => ({ code: 3, stdout: " \n", stderr: text }));
  assertEquals([told.level, told.text], ["unknown", text]);
  const late = "check_x took longer than 30 s, and was ended";
  assertEquals(await verdictOf(() => undefined), {
    ...{ level: "unknown", text: late, numbers: {}, metrics },
  });
  const gone = await verdictOf(() => {
    throw new Error("Failed to spawn 'check_x': entity not found");
  });
  assertEquals([gone.level, gone.text], ["unknown", "Cannot run 'check_x': it does not exist"]);
});

Deno.test("the metrics are the last exit code and how long the run took, of each run anew", async () => {
  const run = simulate(daemon, { arguments: { program: "check_x" }, run: () => ({ code: 2 }) });
  await run.advance("2m");
  const [code, duration] = run.metrics();
  assertEquals([code!.value, duration!.value], [2, 0]);
  await run.stop();
});

Deno.test("a run's duration is in seconds", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const state = new MainState({ thread: "x::run::Main::0" });
  const context = createContext({
    ...{ daemon: "x", thread: "x::run::Main::0", signal: stop.signal, clock, state },
    arguments: { program: "a", args: [], timeout: 30_000, interval: 60_000 },
    log: createDaemonLog("debug", () => {}),
    runProgram: async () => {
      await clock.sleep(1_500);
      return { code: 0, stdout: "", stderr: "" };
    },
  });
  const done = daemon.run(context as never);
  await clock.advance(2_000);
  assertEquals(state.map("Daemons.x.Result").get("duration"), 1.5);
  stop.abort();
  await done;
});

Deno.test("a number that cannot be part of a verdict does not keep the verdict from being told", async () => {
  const stdout = "x | " + "n".repeat(100) + "=1;a b;2;x;y a|b=1 =5 '='=1 ü=1 x=1e5";
  const run = simulate(daemon, { arguments: { program: "p" }, run: () => ({ stdout }) });
  await run.advance("1s");
  assertEquals((run.map("Verdict").get("now") as { level: string }).level, "ok");
  await run.stop();
});

Deno.test("numbers are read as a whole, and what is none is left out", () => {
  const data =
    "a=1e3 b=1.5e-05s;1e-3;~:2E-3;.5 c=1E+2B n=.5 m=-,5 q=0x10 d=5XB e=1e g=1.2.3 h=1e999 o=1constructor";
  assertEquals(readPlugin(0, `x | ${data} z=5ns;10;;0 i=7;-5:5;@.5:;;1e999`).numbers, {
    a: { value: 1000 },
    b: { value: 1.5e-5, unit: "s", warning: "0.001", critical: "~:0.002", min: 0.5 },
    c: { value: 100, unit: "B" },
    n: { value: 0.5 },
    m: { value: -0.5 },
    z: { value: 5e-9, unit: "s", min: 0 },
    i: { value: 7, warning: "-5:5", critical: "@0.5:" },
  });
  assertEquals(readPlugin(0, "x | temperature=45C;60 count=45c").numbers, {
    temperature: { value: 45, warning: "60" },
    count: { value: 45, unit: "c" },
  });
});

Deno.test("the level that a plugin writes before its text is not said twice", () => {
  for (const text of ["WARNING - load is 80", "warning: load is 80", "WARNING load is 80"]) {
    assertEquals(readPlugin(1, text).text, "load is 80");
  }
  for (const text of ["WARNING", "Warning: WARNING", "warning: warning - WARNING | a=1"]) {
    assertEquals(readPlugin(1, text).text, "exit code 1");
  }
  const whole = ["DISK WARNING - x", "CRITICAL - x", "Warning signs", "OK", "warnings: 3"];
  for (const text of whole) assertEquals(readPlugin(1, text).text, text);
  assertEquals(readPlugin(3, "Unknown host x").text, "Unknown host x");
});
