import process from "node:process";
import { systemClock } from "../../lib/clock.ts";
import { beatInterval, Pulse } from "../../lib/daemon/pulse.ts";
import { Watch } from "../../lib/supervisor/watch.ts";
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

/** Processor time of the signs of life of 100 idle threads, of one core. */
async function heartbeatRow(): Promise<Row> {
  const [threads, quickly, seconds] = [100, 1_000, 20];
  const silent = await processorShare(threads, undefined, seconds);
  const beating = await processorShare(threads, quickly, seconds);
  const share = Math.max(0, beating - silent) * quickly / beatInterval(30_000);
  return {
    figure: "heartbeat of 100 idle threads, of one core",
    measured: `${(share * 100).toFixed(3)} %`,
    baseline: `measured with a beat a second: ${(beating * 100).toFixed(2)} %, without any ${
      (silent * 100).toFixed(2)
    } %`,
    ratio: "",
    target: "< 0.1 %",
    met: share < 0.001,
  };
}

/** The share of a core that this process takes with so many threads that beat, or do not. */
async function processorShare(
  threads: number,
  interval: number | undefined,
  seconds: number,
): Promise<number> {
  const watch = new Watch(systemClock);
  const entry = interval === undefined ? "./bare_worker.ts" : "./beating_worker.ts";
  const running = [];
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(import.meta.resolve(entry), { type: "module" });
    const pulse = new Pulse();
    const ready = new Promise((resolve) => worker.onmessage = resolve);
    worker.postMessage({ memory: pulse.memory, interval });
    await ready;
    const unwatch = interval === undefined ? () => {} : watch.add({
      pulse,
      policy: { frozenAfter: 30_000, memoryLimit: 1e9 },
      isRunning: () => true,
      call: () => {},
      onLook: () => {},
    });
    running.push({ worker, unwatch });
  }
  await systemClock.sleep(5_000);
  const before = process.cpuUsage();
  await systemClock.sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  for (const { worker, unwatch } of running) {
    unwatch();
    worker.terminate();
  }
  return (user + system) / 1e6 / seconds;
}
