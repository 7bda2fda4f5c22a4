import { systemClock } from "../../lib/base/mod.ts";
import { Client } from "../../lib/control/client.ts";
import { startControl } from "../../lib/control/mod.ts";
import { agentMaps, stateOf, thread } from "../control/state.ts";
import { EXE } from "../exe/program.ts";
import { measure, type Measured, median } from "./process.ts";
import type { Row } from "./row.ts";

const ROUNDS = 7;
const DAEMONS = 100;

/** How long the agent is watched at rest, ms. */
const REST = 40_000;

/** What the commands, the page and Prometheus cost. They need dist/icinga-warden. */
export async function seeingRows(): Promise<Row[]> {
  return [await statusRow(), await metricsRow(), await pageRow(), await memoryRow()];
}

/** An agent in a home of its own, with its control endpoint at an address. */
async function withAgent<T>(
  listen: string,
  use: (home: string, agent: Measured) => Promise<T>,
): Promise<T> {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify({ control: { listen } }));
  const args = ["--foreground", "--simulate", "--scenario", "crash=1h", "--home", home];
  const agent = await measure(EXE, args, listen === "off" ? /is RUNNING/ : /the page are served/);
  try {
    return await use(home, agent);
  } finally {
    await agent.end();
    await Deno.remove(home, { recursive: true });
  }
}

async function runTime(...args: string[]): Promise<number> {
  const begin = performance.now();
  const { success } = await new Deno.Command(EXE, { args, stdout: "null", stderr: "null" })
    .output();
  if (!success) throw new Error(`${args.join(" ")} failed`);
  return performance.now() - begin;
}

/** From the exe's start to its end, `status` and `version` in turn. */
function statusRow(): Promise<Row> {
  return withAgent("127.0.0.1:0", async (home) => {
    const pairs: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      pairs.push([await runTime("status", "--home", home), await runTime("version")]);
    }
    const [status, version] = [0, 1].map((side) => median(pairs.map((pair) => pair[side]!)));
    return {
      figure: "exe start to the end of `status`",
      measured: `${status!.toFixed(0)} ms`,
      baseline: `\`version\` ${version!.toFixed(0)} ms`,
      ratio: `${(status! / version!).toFixed(2)} ×`,
      target: "≤ 150 ms",
      met: status! <= 150,
    };
  });
}

/** A scrape over loopback of an endpoint whose state holds this many daemons. */
async function metricsRow(): Promise<Row> {
  const maps = agentMaps();
  for (let i = 0; i < DAEMONS; i++) {
    maps["Agent.Daemons"]![`daemon_${i}`] = { module: `daemon_${i}.js`, enabled: true };
    maps["Agent.Threads"]![`daemon_${i}::run::Main::0`] = thread(`daemon_${i}`);
  }
  const done = () => Promise.resolve();
  const home = await Deno.makeTempDir();
  const closeControl = await startControl({
    agent: { pause: done, resume: done, restartDaemon: done },
    ...{ state: stateOf(maps), watch: () => () => {}, home, clock: systemClock },
    log: { write: () => {}, listen: () => () => {} },
    config: { listen: { hostname: "127.0.0.1", port: 0 } },
    protect: () => Promise.resolve(),
    report: () => {},
  });
  const token = (await Deno.readTextFile(`${home}/monitor.token`)).trim();
  const scrape = async (path: string) => {
    const begin = performance.now();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${token.split("-")[0]}${path}`, { headers });
    await answer.text();
    return performance.now() - begin;
  };
  const times = { metrics: [] as number[], empty: [] as number[] };
  for (let round = 0; round < 200; round++) {
    times.metrics.push(await scrape("/metrics"));
    times.empty.push(await scrape("/nothing"));
  }
  await closeControl();
  await Deno.remove(home, { recursive: true });
  const [metrics, empty] = [median(times.metrics), median(times.empty)];
  return {
    figure: `\`/metrics\` with ${DAEMONS} daemons, client included`,
    measured: `${metrics.toFixed(1)} ms`,
    baseline: `a refused request ${empty.toFixed(1)} ms`,
    ratio: `${(metrics / empty).toFixed(1)} ×`,
    target: "< 5 ms",
    met: metrics < 5,
  };
}

/** What an open page costs an agent at rest: its own processor time beside that without a page. */
function pageRow(): Promise<Row> {
  return withAgent("127.0.0.1:0", async (home, agent) => {
    await systemClock.sleep(3_000);
    const alone = await loadAtRest(agent);
    const stop = new AbortController();
    const client = await Client.connect(home);
    const query = new URLSearchParams({ topics: "status,state,log" });
    const reading = (async () => {
      for await (const _ of client.events(query, stop.signal));
    })();
    await systemClock.sleep(1_000);
    const watched = await loadAtRest(agent);
    stop.abort();
    await reading;
    const page = watched - alone;
    return {
      figure: "an idle page, of a core",
      measured: `${page.toFixed(2)} %`,
      baseline: `the agent alone ${alone.toFixed(2)} %`,
      ratio: "",
      target: "< 0.2 %",
      met: page < 0.2,
    };
  });
}

/** Percent of a core over a time of rest. */
async function loadAtRest(agent: Measured): Promise<number> {
  const before = agent.processorTime();
  await systemClock.sleep(REST);
  return 100 * (agent.processorTime() - before) / REST;
}

/** Agents with and without an endpoint, started in turn; the one has answered `status` once. */
async function memoryRow(): Promise<Row> {
  const resident = (listen: string) =>
    withAgent(listen, async (home, agent) => {
      if (listen !== "off") await runTime("status", "--home", home);
      await systemClock.sleep(3_000);
      return agent.resident();
    });
  const pairs: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    pairs.push([await resident("127.0.0.1:0"), await resident("off")]);
  }
  const [on, off] = [0, 1].map((side) => median(pairs.map((pair) => pair[side]!)));
  const more = (on! - off!) / 1e6;
  return {
    figure: "resident memory of the endpoint, once asked",
    measured: `${more.toFixed(1)} MB`,
    baseline: `the agent without it ${(off! / 1e6).toFixed(1)} MB`,
    ratio: `${(on! / off!).toFixed(2)} ×`,
    target: "≤ 3 MB",
    met: more <= 3,
  };
}
