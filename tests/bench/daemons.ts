import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/clock.ts";
import { compileBare } from "./agent.ts";
import { measure } from "./process.ts";
import type { Row } from "./row.ts";

const EXE = fileURLToPath(new URL("../../dist/icinga-warden", import.meta.url));

/** Numbers of daemons that are measured; each is held against the first. */
const COUNTS = [1, 10, 50, 100];

/** A daemon with a loop of 1 s that says when it has begun. */
const LOOP = `export default { name: "loop", description: "beats once a second", run(context) {
  let beats = 0;
  context.log.info("begun");
  return context.every(1_000, () => void beats++);
} };`;

/** V8 collects what the start has left behind within so long, of bare workers as of daemons, ms. */
const REST = 60_000;

/** How long the processor time of all is watched after that, ms. */
const WATCH = 30_000;

interface Figures {
  /** Bytes that are resident. */
  memory: number;
  /** ms until all had begun. */
  started: number;
  /** Processor time of a second, in per cent of a core. */
  load: number;
}

/** What further daemons cost, beside what further bare workers do. */
export async function daemonRows(): Promise<Row[]> {
  const folder = await Deno.makeTempDir();
  try {
    const bare = await compileBare(folder);
    const rows: Row[] = [];
    let first: { ours: Figures; bare: Figures } | undefined;
    for (const count of COUNTS) {
      const figures = { ours: await agentWith(count, folder), bare: await bareWith(count, bare) };
      if (first) rows.push(...rowsOf(count, first, figures));
      first ??= figures;
    }
    return rows;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Pair = { ours: Figures; bare: Figures };

function rowsOf(count: number, first: Pair, { ours, bare }: Pair): Row[] {
  const further = count - 1;
  const each = (figure: "memory" | "started") => ({
    ours: (ours[figure] - first.ours[figure]) / further,
    bare: (bare[figure] - first.bare[figure]) / further,
  });
  const [memory, start] = [each("memory"), each("started")];
  return [
    {
      figure: `memory of a further daemon, of ${count}`,
      measured: `${(memory.ours / 1e6).toFixed(1)} MB`,
      baseline: `bare worker ${(memory.bare / 1e6).toFixed(1)} MB`,
      ratio: `${(memory.ours / memory.bare).toFixed(2)} ×`,
      target: "≤ 1.15 ×",
      met: memory.ours / memory.bare <= 1.15,
    },
    {
      figure: `start of a further daemon, of ${count}`,
      measured: `${start.ours.toFixed(0)} ms`,
      baseline: `bare worker ${start.bare.toFixed(0)} ms`,
      ratio: `${(start.ours / start.bare).toFixed(2)} ×`,
      target: "≤ 30 ms",
      met: start.ours <= 30,
    },
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

async function agentWith(count: number, folder: string): Promise<Figures> {
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
  return await figuresOf(
    EXE,
    ["--foreground", "--simulate", "--home", home],
    times(": begun", count),
  );
}

async function bareWith(count: number, exe: string): Promise<Figures> {
  return await figuresOf(exe, [String(count), "loop"], times("ready", count));
}

/** Whether a line's end was printed so many times. */
function times(end: string, count: number): Pick<RegExp, "test"> {
  return { test: (output) => output.split(`${end}\n`).length > count };
}

async function figuresOf(
  exe: string,
  args: string[],
  begun: Pick<RegExp, "test">,
): Promise<Figures> {
  const program = await measure(exe, args, begun);
  await systemClock.sleep(REST);
  const before = program.processorTime();
  await systemClock.sleep(WATCH);
  const load = (program.processorTime() - before) / WATCH * 100;
  const memory = program.resident();
  await program.end();
  return { memory, started: program.started, load };
}
