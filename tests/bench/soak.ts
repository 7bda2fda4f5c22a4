import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/mod.ts";
import { compileBare } from "./agent.ts";
import { COMPILED, SOURCE, startAgent } from "./foreground.ts";
import { type Holdings, holdings, moreHandles } from "./holdings.ts";
import { median } from "./process.ts";
import type { Row } from "./row.ts";

const BARE = "bare_ending.ts";

/** How many daemons soak, how often each ticks from one look at what the agent holds to the next, and how many looks. */
const SOAK = { daemons: 2, ticks: 10_000, looks: 4 };

/** How long they rest for each look, ms. */
const REST = 40_000;

/** How many samples a look takes of which the lowest counts, and how far they are apart, ms. */
const SAMPLES = { count: 12, every: 2_500 };

/** Has Deno collect the garbage of all threads on SIGUSR2; V8 leaves several MB of it lying for long. */
const TRIM = { DENO_USR2_MEMORY_TRIM: "1" };

/**
 * What a daemon of the soak does: it ticks, and now and then it crashes; its ticks outlive it. Nobody rests before all
 * have come so far, so that nobody is missing from a look because it is just being started again.
 */
const SOAK_MODULE = `
export default {
  name: "soaked",
  description: "ticks, and crashes at random",
  async run(context) {
    const all = Array.from({ length: ${SOAK.daemons} }, (_, i) => context.state.of("soaked_" + i, "Soak"));
    const map = context.state.map("Soak");
    let ticks = map.get("ticks") ?? 0;
    const soak = (end) => new Promise((resolve, reject) => {
      context.every(2, () => {
        if (ticks >= end) return resolve();
        map.set("ticks", ++ticks);
        if (ticks < end && Math.random() < 1 / 1_500) throw new Error("crash");
      }).catch(reject);
    });
    for (let end = ${SOAK.ticks}; end <= ${SOAK.ticks * SOAK.looks}; end += ${SOAK.ticks}) {
      if (ticks > end) continue;
      await soak(end);
      while (!all.every((map) => (map.get("ticks") ?? 0) >= end)) await context.sleep(100);
      context.log.info("rests at " + end);
      await context.sleep(${REST});
    }
    await context.every(1_000, () => {});
  },
};
`;

/** What a program held at each look, and how many threads of it had ended since the look before. */
interface Soaked {
  looks: Holdings[];
  ended: number[];
}

/**
 * What is left over of crashed daemons, with the compiled program and from source, each beside what bare workers leave
 * over on the same Deno. They need dist/icinga-warden, DENO and DENORT_BIN as it was compiled with, and Linux.
 */
export async function soakRows(): Promise<Row[]> {
  const folder = await Deno.makeTempDir();
  try {
    const bare = await compileBare(folder, BARE);
    const source = fileURLToPath(new URL(BARE, import.meta.url));
    return [
      ...await soakBeside(COMPILED, [bare], "compiled"),
      ...await soakBeside(SOURCE, [Deno.execPath(), "run", "-A", "--no-config", source], "source"),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function soakBeside(
  agent: readonly string[],
  bare: readonly string[],
  how: string,
): Promise<Row[]> {
  const { version, ours } = await soakAgent(agent);
  return rowsOf(`${how}, Deno ${version}`, ours, await soakBare(bare, ours.ended));
}

/** Daemons that tick and crash at random: what the agent holds at each look, the first when some had crashed already. */
async function soakAgent(command: readonly string[]): Promise<{ version: string; ours: Soaked }> {
  const agent = await startAgent(command, SOAK_MODULE, SOAK.daemons, TRIM);
  const ours: Soaked = { looks: [], ended: [] };
  let crashes = 0;
  for (let look = 1; look <= SOAK.looks; look++) {
    await agent.logged(new RegExp(`: rests at ${look * SOAK.ticks}$`, "gm"), SOAK.daemons);
    ours.looks.push(await atRest(agent.pid));
    ours.ended.push(agent.count(/failed: crash/g) - crashes);
    crashes = agent.count(/failed: crash/g);
  }
  const version = /Deno ([\d.]+)/.exec(agent.log())![1]!;
  await agent.end();
  return { version, ours };
}

/** The same of bare workers of which as many are ended. */
async function soakBare(
  [program, ...words]: readonly string[],
  ended: readonly number[],
): Promise<Soaked> {
  const bare = new Deno.Command(program!, {
    args: [...words, ...[REST, ...ended].map(String)],
    env: TRIM,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const looks: Holdings[] = [];
  for await (const text of bare.stdout.pipeThrough(new TextDecoderStream())) {
    if (/^rests/m.test(text)) looks.push(await atRest(bare.pid));
  }
  await bare.status;
  return { looks, ended: [...ended] };
}

/** What a process holds at rest, without garbage: memory goes up and down, so that the lowest sample counts. */
async function atRest(pid: number): Promise<Holdings> {
  const samples: Holdings[] = [];
  for (let sample = 0; sample < SAMPLES.count; sample++) {
    Deno.kill(pid, "SIGUSR2");
    await systemClock.sleep(SAMPLES.every);
    samples.push(holdings(pid));
  }
  return { ...samples.at(-1)!, memory: Math.min(...samples.map(({ memory }) => memory)) };
}

function rowsOf(name: string, ours: Soaked, bare: Soaked): Row[] {
  const [left, bareLeft] = [leftOver(ours), leftOver(bare)];
  const first = ours.looks[0]!;
  const [, ...ended] = ours.ended;
  const crashes = `${ended.reduce((a, b) => a + b, 0)} crashes`;
  const ticks = SOAK.daemons * SOAK.ticks;
  return [{
    figure: `memory after a soak and a collection of garbage, ${name}`,
    measured: more(left.memory),
    baseline:
      `bare workers ${more(bareLeft.memory)}; median of ${left.spans.map(more).join(", ")} ` +
      `for ${ticks} ticks each, ${crashes}; ${mb(first.memory)} before`,
    ratio: `${more(left.memory - bareLeft.memory)} beyond`,
    target: "≤ +2 MB",
    met: left.memory <= 2e6,
  }, {
    figure: `threads and handles left over after a soak, ${name}`,
    measured: describe(left),
    baseline: `bare workers ${describe(bareLeft)}; ${ticks * ended.length} ticks, ${crashes}; ` +
      `${first.threads} and ${first.handles.length} before`,
    ratio: `${left.threads - bareLeft.threads} and ${left.handles - bareLeft.handles} beyond`,
    target: "0",
    met: left.threads <= 0 && left.handles <= 0,
  }];
}

/** Memory of a typical span between two looks; threads and handles of them all. */
function leftOver({ looks }: Soaked) {
  const [before, after] = [looks[0]!, looks.at(-1)!];
  const spans = looks.slice(1).map(({ memory }, span) => memory - looks[span]!.memory);
  return {
    spans,
    memory: median(spans),
    threads: after.threads - before.threads,
    handles: after.handles.length - before.handles.length,
    kinds: moreHandles(before.handles, after.handles),
  };
}

function describe({ threads, handles, kinds }: ReturnType<typeof leftOver>): string {
  return `${threads} and ${handles}${kinds && ` (${kinds})`}`;
}

function more(bytes: number): string {
  return `${bytes < 0 ? "−" : "+"}${mb(Math.abs(bytes))}`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
