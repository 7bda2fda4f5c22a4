import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/clock.ts";
import { beatInterval, Pulse } from "../../lib/daemon/pulse.ts";
import { Watch } from "../../lib/supervisor/watch.ts";
import { median } from "./process.ts";
import type { Row } from "./row.ts";

const EXE = fileURLToPath(new URL("../../dist/icinga-warden", import.meta.url));

/** The figures of supervision. They need dist/icinga-warden, and Linux. */
export async function supervisionRows(): Promise<Row[]> {
  return [await restartRow(), await heartbeatRow(), ...await soakRows()];
}

/** How many daemons soak, and how often each ticks before and after the first look at what the agent holds. */
const SOAK = { daemons: 2, before: 10_000, after: 10_000 };

/** How long they rest for each look, ms: V8 gives memory back when a thread idles. */
const REST = 40_000;

/** How many samples a look takes of which the lowest counts, and how far they are apart, ms. */
const SAMPLES = { count: 12, every: 2_500 };

/** What a daemon of the soak does: it ticks, and now and then it crashes; its ticks outlive it. */
const SOAK_MODULE = `
export default {
  name: "soaked",
  description: "ticks, and crashes at random",
  async run(context) {
    const map = context.state.map("Soak");
    let ticks = map.get("ticks") ?? 0;
    context.log.info("up");
    const soak = (end) => new Promise((resolve, reject) => {
      context.every(2, () => {
        if (ticks >= end) return resolve();
        map.set("ticks", ++ticks);
        if (Math.random() < 1 / 1_500) throw new Error("crash");
      }).catch(reject);
    });
    for (const end of [${SOAK.before}, ${SOAK.before + SOAK.after}]) {
      if (ticks > end) continue;
      await soak(end);
      context.log.info("rests at " + end);
      await context.sleep(${REST});
    }
    await context.every(1_000, () => {});
  },
};
`;

/** A running agent with daemons that run one module; its log as it grows. */
async function startAgent(module: string, daemons: number) {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/soaked.js`, module);
  const entries = Array.from({ length: daemons }, (_, i) => [`soaked_${i}`, {
    module: "soaked.js",
    failedRetry: "1s",
  }]);
  const config = {
    daemons: Object.fromEntries(entries),
    threadPools: { MainPool: { max: daemons } },
    control: { listen: "off" },
    log: { maxSize: "64KB", keep: 1 },
  };
  await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify(config));
  const child = new Deno.Command(EXE, {
    args: ["--foreground", "--simulate", "--home", home],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let log = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) log += text;
  })();
  return {
    pid: child.pid,
    count: (pattern: RegExp) => log.match(pattern)?.length ?? 0,
    log: () => log,
    async logged(pattern: RegExp, times: number) {
      while ((log.match(pattern)?.length ?? 0) < times) await systemClock.sleep(50);
    },
    async end() {
      child.kill("SIGTERM");
      await child.status;
      await reading;
      await Deno.remove(home, { recursive: true });
    },
  };
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
    const agent = await startAgent(crash, 1);
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

/** Daemons that tick and crash at random: what the agent holds after, and before, when some had crashed already. */
async function soakRows(): Promise<Row[]> {
  const agent = await startAgent(SOAK_MODULE, SOAK.daemons);
  const rest = async (ticks: number) => {
    await agent.logged(new RegExp(`: rests at ${ticks}$`, "gm"), SOAK.daemons);
    const samples = [];
    for (let sample = 0; sample < SAMPLES.count; sample++) {
      await systemClock.sleep(SAMPLES.every);
      samples.push(holdings(agent.pid));
    }
    const lowest = samples.reduce((a, b) => b.memory < a.memory ? b : a);
    return { ...samples.at(-1)!, memory: lowest.memory, crashes: agent.count(/failed: crash/g) };
  };
  const before = await rest(SOAK.before);
  const after = await rest(SOAK.before + SOAK.after);
  await agent.end();
  const grown = after.memory - before.memory;
  const left = [after.threads - before.threads, after.handles - before.handles];
  const crashes = after.crashes - before.crashes;
  const soak = `${SOAK.daemons * SOAK.after} ticks, ${crashes} crashes`;
  return [{
    figure: "memory after a soak",
    measured: `${grown < 0 ? "−" : "+"}${(Math.abs(grown) / 1e6).toFixed(1)} MB`,
    baseline: `${(before.memory / 1e6).toFixed(1)} MB before; ${soak}`,
    ratio: "",
    target: "≤ +2 MB",
    met: grown <= 2e6,
  }, {
    figure: "threads and handles left over after a soak",
    measured: left.join(" and "),
    baseline: `${before.threads} and ${before.handles} before; ${soak}`,
    ratio: "",
    target: "0",
    met: left.every((count) => count <= 0),
  }];
}

/** Resident bytes, threads and handles of a process. */
function holdings(pid: number) {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const count = (folder: string) => [...Deno.readDirSync(`/proc/${pid}/${folder}`)].length;
  return {
    memory: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024,
    threads: count("task"),
    handles: count("fd"),
  };
}
