import process from "node:process";
import { ManualClock, systemClock } from "../../lib/base/mod.ts";
import { Heartbeat } from "../../lib/thread/heartbeat.ts";
import { HealthMonitor } from "../../lib/supervisor/health.ts";
import type { Order } from "./beating_worker.ts";
import { REST } from "./daemons.ts";
import { COMPILED, startAgent } from "./foreground.ts";
import { median } from "./process.ts";
import type { Row } from "./row.ts";

/** The figures of supervision. They need dist/icinga-warden, and Linux. */
export async function supervisionRows(): Promise<Row[]> {
  return [await restartRow(), await heartbeatRow()];
}

/** From a crash to the daemon's next run, beyond the longest backoff of 1 s. */
async function restartRow(): Promise<Row> {
  const crash = `
export default { name: "soaked", description: "", async run(context) {
  const map = context.state.map("Runs");
  map.set("n", (map.get("n") ?? 0) + 1);
  context.log.info("up");
  if (map.get("n") > 1) return await context.every(1_000, () => {});
  await context.sleep(500);
  throw new Error("crash");
} };`;
  const beyond: number[] = [];
  for (let round = 0; round < 10; round++) {
    const agent = await startAgent(COMPILED, crash, 1);
    await agent.logged(/: up$/gm, 2);
    const at = (line: string) => Date.parse(line.split(" ")[0]!);
    const lines = agent.log().split("\n");
    const failed = lines.find((line) => line.includes("failed: crash"))!;
    const up = lines.filter((line) => line.endsWith(": up"))[1]!;
    // The log says the wait in hundredths of a second.
    const wait = Number(/again in ([\d.]+) s/.exec(failed)![1]) * 1_000;
    beyond.push(at(up) - at(failed) - wait);
    await agent.end();
  }
  const typical = median(beyond);
  return {
    figure: "a crashed daemon is running again, beyond its backoff",
    measured: `${typical.toFixed(0)} ms`,
    baseline: "median of 10; the backoff is known to ± 5 ms",
    ratio: "",
    target: "≤ 50 ms",
    met: typical <= 50,
  };
}

/** How many times faster time goes while signs of life are measured: ten seconds of them are hard to see. */
const SPEED = 20;

/** What wakes an idle thread anyway, ms: the beats of the public state. */
const AWAKE_EVERY = 10_000;

/** Processor time of the signs of life of 100 idle threads and of the looks at them, of one core. */
async function heartbeatRow(): Promise<Row> {
  const threads = 100;
  const looking = await lookingShare(Array.from({ length: threads }, () => new Heartbeat()));
  const silent = await processorShare(threads, false);
  const beating = await processorShare(threads, true);
  const share = Math.max(0, beating - silent) / SPEED + looking;
  const percent = (part: number, digits: number) => `${(part * 100).toFixed(digits)} %`;
  return {
    figure: "heartbeat of 100 idle threads, of one core",
    measured: percent(share, 3),
    baseline: `measured ${SPEED} times as fast: ${percent(beating, 2)}, without any ${
      percent(silent, 2)
    }; and looking at them ${percent(looking, 3)}`,
    ratio: "",
    target: "< 0.1 %",
    met: share < 0.001,
  };
}

/** The share of a core that this process takes with so many threads that are awake now and then, and beat or do not. */
async function processorShare(threads: number, isBeating: boolean): Promise<number> {
  const seconds = 30;
  const workers: Worker[] = [];
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(import.meta.resolve("./beating_worker.ts"), { type: "module" });
    const ready = new Promise((resolve) => worker.onmessage = resolve);
    const memory = isBeating ? { memory: new Heartbeat().memory } : {};
    worker.postMessage({ speed: SPEED, awakeEvery: AWAKE_EVERY, ...memory } satisfies Order);
    await ready;
    workers.push(worker);
  }
  await systemClock.sleep(REST);
  const before = process.cpuUsage();
  await systemClock.sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  for (const worker of workers) worker.terminate();
  // Taking so many down takes a while, which is none of what is measured next.
  await systemClock.sleep(5_000);
  return (user + system) / 1e6 / seconds;
}

/** The share of a core that the agent's looks at so many threads take: one a second. */
async function lookingShare(heartbeats: Heartbeat[]): Promise<number> {
  const looks = 1_000;
  const clock = new ManualClock(async () => {
    for (let turns = 10; turns > 0; turns--) await undefined;
  });
  const monitor = new HealthMonitor(clock);
  const stops = heartbeats.map((heartbeat) =>
    monitor.add({
      heartbeat,
      policy: { frozenAfter: 1e9, memoryLimit: 1e9 },
      isBuiltIn: false,
      isRunning: () => true,
      ask: () => {},
      onLook: () => {},
    })
  );
  const before = process.cpuUsage();
  await clock.advance(looks * 1_000);
  const { user, system } = process.cpuUsage(before);
  stops.forEach((stop) => stop());
  return (user + system) / 1e6 / looks;
}
