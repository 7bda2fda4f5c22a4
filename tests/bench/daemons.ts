import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/mod.ts";
import { compileBare } from "./agent.ts";
import { COMPILED, SOURCE } from "./foreground.ts";
import { measure, median } from "./process.ts";
import type { Row } from "./row.ts";

const BARE = fileURLToPath(new URL("bare.ts", import.meta.url));

/** Numbers of daemons that are measured; each is held against the first. */
const COUNTS = [1, 10, 50, 100];

/** A daemon with a loop of 1 s that says when it has begun. */
const LOOP = `export default { name: "loop", description: "beats once a second", run(context) {
  let beats = 0;
  context.log.info("begun");
  return context.every(1_000, () => void beats++);
} };`;

/** V8 collects what the start has left behind within so long, of bare workers as of daemons, ms. */
export const REST = 60_000;

/** How long the processor time of all is watched after that, ms. */
const WATCH = 30_000;

/** Looks at what a program has printed, for whether all have begun. */
type Begun = Pick<RegExp, "test">;

interface Start {
  /** ms until all had begun. */
  started: number;
}

interface Figures extends Start {
  /** Bytes that are resident. */
  memory: number;
  /** Processor time of a second, in per cent of a core. */
  load: number;
}

/** A program and the words that go before its arguments. */
type Command = readonly string[];

/** The agent, and bare workers on the same Deno. */
interface Programs {
  /** How they were made, for the table. */
  how: string;
  ours: Command;
  bare: Command;
}

/** What further daemons cost, beside what further bare workers do; how they start is measured from source as well. */
export async function daemonRows(): Promise<Row[]> {
  const folder = await Deno.makeTempDir();
  try {
    const compiled = { how: "compiled", ours: COMPILED, bare: [await compileBare(folder)] };
    const bare = [Deno.execPath(), "run", "-A", "--no-config", BARE];
    const source = { how: `source, Deno ${Deno.version.deno}`, ours: SOURCE, bare };
    return [
      ...await rowsOf(compiled, folder, figuresOf, costRows),
      ...await rowsOf(source, folder, startWarm, (count, start) => [startRow(count, start)]),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Pair<F = Figures> = { ours: F; bare: F };

/** Measures all numbers of daemons and of bare workers, and holds each against the first. */
async function rowsOf<F>(
  programs: Programs,
  folder: string,
  take: (command: Command, begun: Begun) => Promise<F>,
  describe: (count: number, pair: { how: string; first: Pair<F>; now: Pair<F> }) => Row[],
): Promise<Row[]> {
  const { how, ours, bare } = programs;
  const rows: Row[] = [];
  let first: Pair<F> | undefined;
  for (const count of COUNTS) {
    const home = await homeWith(count, folder);
    const now = {
      ours: await take(
        [...ours, "--foreground", "--simulate", "--home", home],
        times(": begun", count),
      ),
      bare: await take([...bare, String(count), "loop"], times("ready", count)),
    };
    if (first) rows.push(...describe(count, { how, first, now }));
    first ??= now;
  }
  return rows;
}

/** What a further one takes of a figure. */
function each<K extends string>(
  figure: K,
  count: number,
  { first, now }: { first: Pair<Record<K, number>>; now: Pair<Record<K, number>> },
) {
  return {
    ours: (now.ours[figure] - first.ours[figure]) / (count - 1),
    bare: (now.bare[figure] - first.bare[figure]) / (count - 1),
  };
}

function startRow(
  count: number,
  measured: { how: string; first: Pair<Start>; now: Pair<Start> },
): Row {
  const start = each("started", count, measured);
  return {
    figure: `start of a further daemon, of ${count}, ${measured.how}`,
    measured: `${start.ours.toFixed(0)} ms`,
    baseline: `bare worker ${start.bare.toFixed(0)} ms`,
    ratio: `${(start.ours / start.bare).toFixed(2)} ×`,
    target: "≤ 30 ms",
    met: start.ours <= 30,
  };
}

function costRows(
  count: number,
  measured: { how: string; first: Pair; now: Pair },
): Row[] {
  const memory = each("memory", count, measured);
  const { ours, bare } = measured.now;
  return [
    {
      figure: `memory of a further daemon, of ${count}`,
      measured: `${(memory.ours / 1e6).toFixed(1)} MB`,
      baseline: `bare worker ${(memory.bare / 1e6).toFixed(1)} MB`,
      ratio: `${(memory.ours / memory.bare).toFixed(2)} ×`,
      target: "≤ 1.15 ×",
      met: memory.ours / memory.bare <= 1.15,
    },
    startRow(count, measured),
    {
      figure: `processor time of ${count} daemons with a loop of 1 s`,
      measured: `${ours.load.toFixed(1)} % of a core`,
      baseline: `bare workers with a timer of 1 s ${bare.load.toFixed(1)} %`,
      ratio: `${(ours.load / bare.load).toFixed(2)} ×`,
      target: "< 5 %",
      met: ours.load < 5,
    },
  ];
}

/** A home with so many daemons. */
async function homeWith(count: number, folder: string): Promise<string> {
  const home = join(folder, String(count));
  await Deno.mkdir(join(home, "daemons"), { recursive: true });
  await Deno.writeTextFile(join(home, "daemons", "loop.js"), LOOP);
  const names = Array.from({ length: count }, (_, i) => `loop_${i}`);
  const configuration = {
    control: { listen: "off" },
    threadPools: { MainPool: { max: count + 1 } },
    daemons: Object.fromEntries(names.map((name) => [name, { module: "daemons/loop.js" }])),
  };
  await Deno.writeTextFile(join(home, "icinga-warden.json"), JSON.stringify(configuration));
  return home;
}

/** Whether a line's end was printed so many times. */
function times(end: string, count: number): Begun {
  return { test: (output) => output.split(`${end}\n`).length > count };
}

async function figuresOf(command: Command, begun: Begun): Promise<Figures> {
  const { started } = await startWarm(command, begun);
  const [program, ...args] = command;
  const running = await measure(program!, args, begun);
  await systemClock.sleep(REST);
  const before = running.processorTime();
  await systemClock.sleep(WATCH);
  const load = (running.processorTime() - before) / WATCH * 100;
  const memory = running.resident();
  await running.end();
  return { memory, started, load };
}

/**
 * The middle of three starts after one that does not count: at the first, Deno reads and keeps what it makes of the
 * sources, and what the system has taken back of the program since it last ran comes from the disk.
 */
async function startWarm(command: Command, begun: Begun): Promise<Start> {
  await startOf(command, begun);
  const started: number[] = [];
  for (let round = 0; round < 3; round++) started.push((await startOf(command, begun)).started);
  return { started: median(started) };
}

async function startOf([program, ...args]: Command, begun: Begun): Promise<Start> {
  const running = await measure(program!, args, begun);
  await running.end();
  return { started: running.started };
}
