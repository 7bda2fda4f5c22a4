import process from "node:process";
import { fileURLToPath } from "node:url";
import daemon from "../../daemons/icinga_agent_service.ts";
import { type HoldHost, watchRestartHolds } from "../../lib/agent/restart_holds.ts";
import { lookAtServices } from "../../lib/agent/service_look.ts";
import { systemClock } from "../../lib/base/mod.ts";
import { readArguments } from "../../lib/daemon/arguments.ts";
import { createContext, createDaemonLog } from "../../lib/daemon/mod.ts";
import type { DaemonDefinition } from "../../lib/daemon/author.ts";
import { WindowsServiceManager } from "../../lib/service/windows.ts";
import { MainState } from "../../lib/state/mod.ts";
import { EXE } from "../exe/program.ts";
import { measure, median } from "./process.ts";
import type { Row } from "./row.ts";

const ROUNDS = 5;

/** Time in which V8 compiles what runs often, ms: it spends some 40 ms on that, once, in the half minute of the first 300 ticks. */
const WARMING = 40_000;

/** The agent's figures. They need dist/icinga-warden, and DENO and DENORT_BIN as it was compiled with. */
export async function agentRows(): Promise<Row[]> {
  const folder = await Deno.makeTempDir();
  try {
    const bare = await compileBare(folder);
    // A file that was just written lies otherwise in memory than one read from disk, by 5 MB: both are just written.
    const [agent, other] = [`${folder}/agent`, `${folder}/other`];
    await Promise.all([Deno.copyFile(EXE, agent), Deno.copyFile(bare, other)]);
    return [
      ...await processRows(agent, other, folder),
      ...await tickRows(folder),
      sizeRow(),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A program of a bare main and bare workers, compiled as the agent was. */
export async function compileBare(folder: string, main = "bare.ts"): Promise<string> {
  const [deno, ...words] = (Deno.env.get("DENO") ?? Deno.execPath()).split(" ");
  const exe = `${folder}/bare`;
  const { success, stderr } = await new Deno.Command(deno!, {
    args: [
      ...[...words, "compile", "--quiet", "--no-check", "-A", "--no-config", "--output", exe],
      ...["--include", path("bare_worker.ts"), path(main)],
    ],
    env: { DENO_NO_PACKAGE_JSON: "1" },
  }).output();
  if (!success) throw new Error(`Cannot compile ${exe}: ${new TextDecoder().decode(stderr)}`);
  return exe;
}

/** Memory and start, the two programs in turn. */
async function processRows(agent: string, bare: string, home: string): Promise<Row[]> {
  const args = ["--foreground", "--simulate", "--scenario", "crash=1h", "--home", home];
  const figures = { memory: [] as number[][], start: [] as number[][] };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = await measure(agent, args, /is RUNNING/);
    const other = await measure(bare, [], /ready/);
    await systemClock.sleep(3_000);
    figures.memory.push([ours.resident(), other.resident()]);
    figures.start.push([ours.started, other.started]);
    await Promise.all([ours.end(), other.end()]);
  }
  const [memory, bareMemory] = medians(figures.memory);
  const [start, bareStart] = medians(figures.start);
  return [
    {
      figure: "resident memory of the running agent",
      measured: `${mb(memory!)} MB`,
      baseline: `bare main and worker ${mb(bareMemory!)} MB`,
      ratio: `${(memory! / bareMemory!).toFixed(2)} ×`,
      target: "≤ 1.25 ×",
      met: memory! / bareMemory! <= 1.25,
    },
    {
      figure: "exe start to first query",
      measured: `${start!.toFixed(0)} ms`,
      baseline: `bare worker's first message ${bareStart!.toFixed(0)} ms`,
      ratio: `${(start! / bareStart!).toFixed(2)} ×`,
      target: "≤ 300 ms",
      met: start! <= 300,
    },
  ];
}

/**
 * Stand-ins for `sc` and `net` whose service lies in a file, so that every query is a real child process. `net` runs no
 * program besides: how soon the system finds that one is not what is measured.
 */
async function standIns(folder: string): Promise<{ sc: string; net: string; state: string }> {
  const files = { sc: `${folder}/sc`, net: `${folder}/net`, state: `${folder}/state` };
  const number = `$(cat ${files.state})`;
  const write = (file: string, script: string) =>
    Deno.writeTextFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.writeTextFile(files.state, "4");
  await write(files.sc, `printf 'SERVICE_NAME: x\\n  TYPE : 10 A\\n  STATE : %s B\\n' ${number}`);
  await write(files.net, `echo 4 >${files.state}`);
  return files;
}

/** Processor time of a tick, and how soon a stopped service is started again. */
async function tickRows(folder: string): Promise<Row[]> {
  const interval = 100;
  const { sc, net, state: file } = await standIns(folder);
  const manager = new WindowsServiceManager({ sc, net });
  const seldom = startDaemon(manager, interval);
  const cpu = await processorTime(30, interval);
  const query = await queryTime(manager);
  const beyond = await restartTimes(file, interval) - interval;
  await seldom.end();
  const seen = startDaemon(manager, SEEN_INTERVAL, file);
  await systemClock.sleep(1_000);
  const early = await restartTimes(file, SEEN_INTERVAL, 10);
  await seen.end();
  return [
    {
      figure: "own processor time of a tick, child processes apart",
      measured: `${cpu.toFixed(2)} ms`,
      baseline: "",
      ratio: "",
      target: "< 2 ms",
      met: cpu < 2,
    },
    {
      figure: "stopped service to start command, beyond the interval",
      measured: `at most ${beyond.toFixed(0)} ms`,
      baseline: `one query ${query.toFixed(0)} ms`,
      ratio: "",
      target: "≤ 50 ms + one query",
      met: beyond <= 50 + query,
    },
    {
      figure: "stopped service to start command, where the agent sees its state",
      measured: `at most ${early.toFixed(0)} ms`,
      baseline: `one query ${
        query.toFixed(0)
      } ms; the state is read from a file, as it is from Windows`,
      ratio: "",
      target: "< 300 ms + two queries",
      met: early < 300 + 2 * query,
    },
  ];
}

/** The interval of a daemon that hears of a stop before its next query, ms. */
const SEEN_INTERVAL = 5_000;

/** Runs the daemon with no backoff; @param seen the file of the state, which is looked at 4 times a second. */
function startDaemon(manager: WindowsServiceManager, interval: number, seen?: string) {
  const state = new MainState({ thread: "main" });
  const stop = new AbortController();
  const given = { interval: `${interval}ms`, backoff: "0s", maxRestarts: 0 };
  const done = (daemon as DaemonDefinition).run(createContext({
    daemon: daemon.name,
    thread: "bench",
    signal: stop.signal,
    arguments: readArguments(daemon.arguments!, given).values,
    state,
    log: createDaemonLog("fatal", () => {}),
    services: manager,
  }));
  if (seen !== undefined) {
    const info = { module: null, enabled: true, services: true };
    state.map<string, unknown>("Agent.Daemons").set(daemon.name, info);
    const alsoLook = lookAtServices(
      { state },
      systemClock,
      { stateOf: () => Number(Deno.readTextFileSync(seen)), startTypeOf: () => "automatic" },
    );
    const host = { isInstalling: () => false, bootedFor: () => Infinity } as HoldHost;
    const agent = { state, icinga: () => [] };
    void watchRestartHolds({ agent, clock: systemClock, host, alsoLook }, stop.signal);
  }
  return {
    async end() {
      stop.abort();
      await done;
      state.close();
    },
  };
}

/** Processor time of a tick, ms: the middle of some rounds of so many ticks, since V8 collects garbage in one and not in another. */
async function processorTime(ticks: number, interval: number): Promise<number> {
  await systemClock.sleep(WARMING);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await systemClock.sleep(ticks * interval);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000 / ticks);
  }
  return median(times);
}

async function queryTime(manager: WindowsServiceManager): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const begin = performance.now();
    await manager.query("icinga2");
    times.push(performance.now() - begin);
  }
  return median(times);
}

/** The longest time from a crash to the start command, ms. */
async function restartTimes(state: string, interval: number, rounds = 20): Promise<number> {
  let longest = -Infinity;
  for (let round = 0; round < rounds; round++) {
    await systemClock.sleep(250 + interval + Math.random() * interval);
    const crashed = Date.now();
    await Deno.writeTextFile(`${state}.new`, "1");
    // In one step: a query in between would find an empty file.
    await Deno.rename(`${state}.new`, state);
    while ((await Deno.readTextFile(state)).trim() !== "4") await systemClock.sleep(5);
    const { mtime } = await Deno.stat(state);
    longest = Math.max(longest, mtime!.getTime() - crashed);
  }
  return longest;
}

function sizeRow(): Row {
  const base = Deno.env.get("DENORT_BIN");
  const size = Deno.statSync(EXE).size;
  const baseSize = base ? Deno.statSync(base).size : undefined;
  const beyond = baseSize === undefined ? NaN : size - baseSize;
  return {
    figure: "exe size beyond its base runtime",
    measured: `${mb(beyond)} MB`,
    baseline: `exe ${mb(size)} MB`,
    ratio: "",
    target: "≤ 5 MB",
    met: beyond <= 5e6,
  };
}

function medians(pairs: number[][]): number[] {
  return [0, 1].map((side) => median(pairs.map((pair) => pair[side]!)));
}

function mb(bytes: number): string {
  return Number.isNaN(bytes) ? "?" : (bytes / 1e6).toFixed(1);
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
