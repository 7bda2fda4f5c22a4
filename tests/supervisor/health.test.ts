import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { Heartbeat } from "../../lib/thread/heartbeat.ts";
import {
  countedTime,
  describeVerdict,
  HealthMonitor,
  type HealthVerdict,
  judgeHealth,
  type MonitoredThread,
  NEW_HEALTH,
  residentBytes,
  type ThreadHealth,
} from "../../lib/supervisor/health.ts";

const MB = 1024 * 1024;
const policy = { frozenAfter: 3_000, memoryLimit: 100 * MB };

/** What a second's looks show, each given as `<beats> <MB held>`, of a thread that runs. */
function verdicts(looks: string[], running = true): HealthVerdict[] {
  let health: ThreadHealth = NEW_HEALTH;
  return looks.map((look) => {
    const [count = 0, held = 0] = look.split(" ").map(Number);
    const beat = { count, heap: held * MB, lag: 0, exhausted: held > 200 };
    const judged = judgeHealth(policy, health, beat, running, 1_000);
    health = judged.health;
    return judged.verdict;
  });
}

Deno.test("a thread that beats is well, and frozen when it has not beaten for long", () => {
  assertEquals(verdicts(["1 5", "1 5", "1 5", "2 5", "2 5"]), Array(5).fill("well"));
  assertEquals(verdicts(["1 5", "1 5", "1 5", "1 5"]), ["well", "well", "well", "frozen"]);
  assertEquals(verdicts(["0 0", "0 0", "0 0"]), ["well", "well", "frozen"]);
});

Deno.test("too much memory is a warning first, and is judged when it was not let go of", () => {
  assertEquals(verdicts(["1 101", "1 101", "2 101"]), ["heavy", "well", "too-heavy"]);
  assertEquals(verdicts(["1 101", "2 99", "3 101"]), ["heavy", "well", "heavy"]);
});

Deno.test("a heap that came to its end is judged at once", () => {
  assertEquals(verdicts(["1 5", "2 201"]), ["well", "exhausted"]);
});

Deno.test("a thread that beats, and whose module does not come to its end, is stuck", () => {
  const beats = Array.from({ length: 10 }, (_, i) => `${i + 1} 5`);
  assertEquals(verdicts(beats, false), [...Array(9).fill("well"), "stuck"]);
  assertEquals(verdicts(Array(10).fill("0 0"), false), [...Array(9).fill("well"), "frozen"]);
});

Deno.test("an hour that the machine slept is no time in which a thread was silent", () => {
  assertEquals(countedTime(1_010, 1_000), 1_010);
  assertEquals(countedTime(3_600_000, 1_000), 2_000);
});

Deno.test("what a look has shown is said with what was found and what is allowed", () => {
  const text = (verdict: Exclude<HealthVerdict, "well">) =>
    describeVerdict(verdict, { heap: 123 * MB }, policy);
  assertEquals(text("heavy"), "it holds 123MB; its memoryLimit is 100MB");
  assertEquals(
    text("too-heavy"),
    "it holds 123MB and does not let go of it; its memoryLimit is 100MB",
  );
  assertEquals(text("frozen"), "it is frozen: no heartbeat for 3 s");
  assertEquals(text("exhausted"), "it ran out of memory; its memoryLimit is 100MB");
  assertEquals(
    text("hoarding"),
    "it takes the machine's memory and does not answer; its memoryLimit is 100MB",
  );
  assertEquals(text("stuck"), "it has not begun to work: its module does not come to its end");
});

Deno.test("threads are looked at as long as there are any, often enough for the most impatient", async () => {
  const clock = new ManualClock();
  const monitor = new HealthMonitor(clock, () => 0);
  const frozen: [name: string, at: number][] = [];
  const threadOf = (
    name: string,
    frozenAfter: number,
    heartbeat = new Heartbeat(),
  ): MonitoredThread => ({
    heartbeat,
    policy: { frozenAfter, memoryLimit: 1e9 },
    isBuiltIn: false,
    isRunning: () => true,
    ask: () => {},
    onLook: (verdict) => {
      if (verdict !== "frozen") return;
      frozen.push([name, clock.now()]);
      unwatch.get(name)!();
    },
  });
  const lively = new Heartbeat();
  const unwatch = new Map([
    ["quick", monitor.add(threadOf("quick", 1_000))],
    ["slow", monitor.add(threadOf("slow", 10_000))],
    ["lively", monitor.add(threadOf("lively", 1_000, lively))],
  ]);
  for (let second = 0; second < 20; second++) {
    lively.beat({ heap: 0, lag: 0, exhausted: false });
    await clock.advance(500);
  }
  assertEquals(frozen, [["quick", 1_000], ["slow", 10_000]]);
  unwatch.get("lively")!();
  await clock.advance(0);
  assertEquals(clock.sleeping, 0);
});

Deno.test("the main thread's own memory is not what daemons take", () => {
  const usage = { rss: 300e6, heapTotal: 100e6, heapUsed: 90e6, external: 20e6 };
  assertEquals(residentBytes(usage), 180e6);
});

Deno.test("all are asked for a sign of life when memory has grown by much since there were none", async () => {
  const clock = new ManualClock();
  let rss = 100;
  const monitor = new HealthMonitor(clock, () => rss);
  let calls = 0;
  const thread: MonitoredThread = {
    heartbeat: new Heartbeat(),
    policy: { frozenAfter: 1e9, memoryLimit: 400e6 },
    isBuiltIn: false,
    isRunning: () => true,
    ask: () => calls++,
    onLook: () => {},
  };
  const unwatch = monitor.add(thread);
  await clock.advance(1_000);
  assertEquals(calls, 0);
  rss += 200e6;
  await clock.advance(3_000);
  assertEquals(calls, 1);
  unwatch();
  await clock.advance(0);
  // What the process has taken since without any thread is not held against the next one.
  rss += 1e9;
  const unwatchNext = monitor.add(thread);
  await clock.advance(3_000);
  assertEquals(calls, 1);
  rss += 200e6;
  await clock.advance(3_000);
  assertEquals(calls, 2);
  unwatchNext();
  await clock.advance(0);
});

Deno.test("a thread that takes the memory and does not answer is found half a second after it is asked", async () => {
  const clock = new ManualClock();
  let rss = 100e6;
  const found: number[] = [];
  const remove = new HealthMonitor(clock, () => rss).add({
    heartbeat: new Heartbeat(),
    policy: { frozenAfter: 1e9, memoryLimit: 64e6 },
    isBuiltIn: false,
    isRunning: () => true,
    ask: () => {},
    onLook: (verdict) => verdict === "hoarding" && found.push(clock.now()),
  });
  for (let looks = 0; looks < 40; looks++) {
    rss += 15e6;
    await clock.advance(50);
  }
  assertEquals(found[0], 1_500);
  remove();
  await clock.advance(0);
});

Deno.test("a thread that falls silent is found soon after its frozenAfter, however short that is", async () => {
  const clock = new ManualClock();
  const heartbeat = new Heartbeat();
  const found: number[] = [];
  const remove = new HealthMonitor(clock, () => 0).add({
    heartbeat,
    policy: { frozenAfter: 800, memoryLimit: 1e9 },
    isBuiltIn: false,
    isRunning: () => true,
    ask: () => {},
    onLook: (verdict) => verdict === "frozen" && found.push(clock.now()),
  });
  await clock.advance(100);
  heartbeat.beat({ heap: 1, lag: 0, exhausted: false });
  for (let looks = 0; looks < 12; looks++) await clock.advance(100);
  assertEquals(found[0], 1_000);
  remove();
  await clock.advance(0);
});

Deno.test("a silent daemon that is built in is not taken for one that takes the memory", async () => {
  const clock = new ManualClock();
  let rss = 100e6;
  const monitor = new HealthMonitor(clock, () => rss);
  const hoarding = new Set<string>();
  const threadOf = (name: string, isBuiltIn: boolean): MonitoredThread => ({
    heartbeat: new Heartbeat(),
    policy: { frozenAfter: 1e9, memoryLimit: 64e6 },
    isBuiltIn,
    isRunning: () => true,
    ask: () => {},
    onLook: (verdict) => verdict === "hoarding" && hoarding.add(name),
  });
  const removals = ["built_in", "own"].map((name) =>
    monitor.add(threadOf(name, name === "built_in"))
  );
  for (let looks = 0; looks < 20; looks++) {
    await clock.advance(1_000);
    rss += 300e6;
  }
  assertEquals([...hoarding], ["own"]);
  for (const remove of removals) remove();
  await clock.advance(0);
});
