import { assertEquals, assertMatch } from "@std/assert";
import { loadFaults } from "../faults/all.ts";
import type { Bench } from "../faults/bench.ts";
import type { Fault } from "../faults/fault.ts";
import { Metronome } from "../faults/metronome.ts";
import { filesOf, tryDaemon } from "../faults/try.ts";
import { type Agent, testWindows, until } from "./machine.ts";

/** So many faults are tried at a time. */
const AT_ONCE = 3;

const SIMULATED = ["--simulate", "--scenario", "crash=1h"];
const faults = [...(await loadFaults()).values()].filter(({ windows }) => windows);

testWindows("what a daemon does wrong holds as it does elsewhere", async (windows) => {
  const failures: string[] = [];
  using metronome = new Metronome();
  const queue = faults.filter(({ agent }) => !agent).values();
  const work = async () => {
    for (const fault of queue) {
      const agent = await windows.agent(["--foreground", ...SIMULATED], filesOf(fault));
      try {
        await tryDaemon(fault, benchOf(agent, metronome));
      } catch (error) {
        failures.push(`${fault.what}: ${error}\n${await agent.stdout()}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assertEquals(failures, [], failures.join("\n\n"));
});

testWindows(
  "a second agent in the same home says who has it, and exits with 1",
  async (windows) => {
    const agent = await windows.agent(["--foreground", ...SIMULATED], filesOf(HEALTHY));
    await agent.logged(/ticking/);
    const { code } = await agent.warden("run", ...SIMULATED);
    assertEquals(code, 1);
    assertMatch(await agent.log(), /\[FATAL\] agent: Home '.*' is in use by process \d+, started/);
  },
);

testWindows("after the agent was killed the next one has home, and says so", async (windows) => {
  const agent = await windows.agent(["--foreground", ...SIMULATED], filesOf(HEALTHY));
  await agent.logged(/ticking/);
  await agent.kill();
  const { code } = await agent.warden("run", ...SIMULATED, "--for", "500ms");
  assertEquals(code, 0);
  assertMatch(
    await agent.log(),
    /The last run \(process \d+, .*\) did not stop cleanly: it was killed/,
  );
});

/** Nothing is at fault but the agent itself. */
const HEALTHY: Fault = { what: "", holds: "", agent: () => Promise.resolve() };

/** An agent on a Windows machine as the suite of faults drives it. */
function benchOf(agent: Agent, metronome: Metronome): Bench {
  const read = (file: string) => {
    try {
      return Deno.readTextFileSync(`${agent.outside}/${file}`);
    } catch {
      return "";
    }
  };
  const bench: Bench = {
    home: agent.outside,
    pid: 0,
    metronome,
    // One server serves all programs of Wine: while others start, it may keep an agent waiting, and not the metronome.
    unseen: Deno.build.os === "windows" ? 0 : 1,
    output: () => read("stdout"),
    log: () => read("logs/icinga-warden.log"),
    until: (what, holds) => until(what, () => Promise.resolve(holds())),
    async printed(pattern) {
      await bench.until(`printed ${pattern}`, () => pattern.test(bench.output()));
      return pattern.exec(bench.output())!;
    },
    stop: () => agent.press("ctrl-c"),
    kill: () => agent.kill(),
    signal: notHere,
    again: notHere,
    restart: notHere,
    async ended() {
      return { code: await agent.ended(), stdout: read("stdout"), stderr: read("stderr") };
    },
  };
  return bench;
}

function notHere(): never {
  throw new Error("not on Windows");
}
