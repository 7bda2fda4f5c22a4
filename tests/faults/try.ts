import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Bench } from "./bench.ts";
import { onBench } from "./bench.ts";
import { type Fault, faultyModule, HEALTHY_MODULE } from "./fault.ts";
import { crowding, longestRun, missedInTime } from "./ticks.ts";

/** What came of a fault that held. */
export interface Held {
  /** From the fault to the daemon's next run, ms; undefined where there is none. */
  recovered: number | undefined;
}

/** Tries a fault against the compiled program; rejects when something did not hold. */
export async function tryFault(fault: Fault): Promise<Held> {
  let recovered: number | undefined;
  const { home, prepare, env } = fault;
  await onBench({ files: filesOf(fault), home, prepare, env }, async (bench) => {
    try {
      if (fault.agent) await fault.agent(bench);
      else recovered = await tryDaemon(fault, bench);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${bench.output()}`);
    }
  });
  return { recovered };
}

/** The files of the agent's home: the faulty daemon, and two healthy ones beside it. */
export function filesOf(fault: Fault): Record<string, string> {
  const healthy = { module: "healthy_one.js" };
  const more = Object.entries(fault.daemons ?? {});
  const daemons = {
    ...{ healthy_one: healthy, healthy_two: healthy },
    ...Object.fromEntries(more.map(([name]) => [name, { module: `${name}.js` }])),
    ...(!fault.agent && { faulty: { module: "faulty.js", ...fault.entry } }),
  };
  const modules = more.map(([name, text]) => [
    `${name}.js`,
    `export default { name: "${name}", description: "", ${text} };`,
  ]);
  return {
    "icinga-warden.json": JSON.stringify({
      daemons,
      threadPools: fault.pools ?? {},
      control: { listen: "off" },
    }),
    "healthy_one.js": HEALTHY_MODULE,
    "faulty.js": faultyModule(fault),
    ...Object.fromEntries(modules),
  };
}

/** Tries what a faulty daemon does, and returns how long it took to run again, ms. */
export async function tryDaemon(fault: Fault, bench: Bench): Promise<number | undefined> {
  const { logged = [], atStop = [], notLogged = [], recovers = true } = fault;
  for (const pattern of logged) await bench.printed(pattern);
  if (recovers) await bench.printed(/ faulty::run::Main::0: up 2$/m);
  await fault.also?.(bench);
  const output = await stopInOrder(bench, fault);
  for (const pattern of atStop) assertMatch(output, pattern);
  for (const pattern of notLogged) assert(!pattern.test(output), `logged ${pattern}`);
  return recovers ? timeToRecover(output) : undefined;
}

/** What must hold of an agent that is stopped. */
export interface StopExpectations {
  /** The healthy daemons must have missed ticks, since the whole agent was held. */
  misses?: boolean;
  /**
   * So many ticks in a row they may have missed otherwise. Default: those of the bench, and more if the machine has at
   * least four times more to do than it has processors: it may then keep a single thread from its turn, and not the
   * metronome.
   */
  allowed?: number;
  /** All that standard error must show. Default: nothing. */
  stderr?: RegExp;
}

/** Stops the agent; it must end in order, and the healthy daemons must have missed no tick, or those expected. */
export async function stopInOrder(
  bench: Bench,
  {
    misses = false,
    allowed = (bench.unseen ?? 0) + Math.floor(crowding() / 4),
    stderr: expected = /^$/,
  }: StopExpectations = {},
): Promise<string> {
  for (const daemon of ["healthy_one", "healthy_two"]) {
    const ticking = `${daemon}::run::Main::0: ticking`;
    await bench.until(ticking, () => sinceLastStart(bench.output()).includes(ticking));
  }
  await bench.stop();
  const { code, stderr } = await bench.ended();
  assertEquals(code, 0, "exit code");
  assertMatch(withoutRuntime(stderr), expected, "standard error");
  const output = bench.output();
  const delays = await bench.metronome.delays();
  for (const daemon of ["healthy_one", "healthy_two"]) {
    const told = new RegExp(`${daemon}::.*ticks=(\\d+) missed=(\\[.*\\])`);
    const [, ticks, missed = "[]"] = told.exec(sinceLastStart(output)) ?? [];
    assert(Number(ticks) > 0, `${daemon} did not tick`);
    const counted = longestRun(missedInTime(JSON.parse(missed), delays));
    if (misses) assert(counted > 0, `${daemon} missed no tick, though the agent was held`);
    else assert(counted <= allowed, `${daemon} missed ${counted} ticks in a row: ${missed}`);
  }
  assertMatch(output, /agent: Stopped\n$/);
  return output;
}

/** What the last of several agents in one home has printed. */
function sinceLastStart(output: string): string {
  return output.slice(output.lastIndexOf("agent: Started"));
}

/** The runtime itself prints there what ended a worker that ran out of heap. */
function withoutRuntime(stderr: string): string {
  return stderr.replace(/^error: Uncaught \(in worker .*$(\n {4}at .*$)*\n/gm, "");
}

function timeToRecover(output: string): number | undefined {
  const at = (pattern: RegExp) => {
    const line = output.split("\n").find((line) => pattern.test(line));
    return line === undefined ? undefined : Date.parse(line.split(" ")[0]!);
  };
  const [fault, up] = [at(/faulty::run::Main::0: now$/), at(/faulty::run::Main::0: up 2$/)];
  return fault === undefined || up === undefined ? undefined : up - fault;
}
