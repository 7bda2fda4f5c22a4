import { join } from "node:path";
import process from "node:process";
import { SAMPLE_EVERY } from "../../lib/agent/icinga.ts";
import { type IcingaFolder, procSources } from "../../lib/icinga/mod.ts";
import { systemClock } from "../../lib/base/mod.ts";
import { EXE } from "../exe/program.ts";
import { hasIcinga, type Node, nodes } from "../icinga/nodes.ts";
import { measure, type Measured, median } from "./process.ts";
import type { Row } from "./row.ts";

/** Time in which V8 collects the garbage of a start, ms. */
const WARMING = 60_000;

/** How long processor time is counted, ms: eight samples. */
const SPAN = 240_000;

const ROUNDS = 5, PAIRS = 3;

/** What looking at a real Icinga 2 costs. They need dist/icinga-warden, and icinga2. */
export async function icingaRows(): Promise<Row[]> {
  if (!hasIcinga) throw new Error("The part icinga needs icinga2: apt-get install icinga2-bin");
  await using both = await nodes();
  await both.master.start();
  await both.agent.start();
  return [...await probeRows(both.agent), await doctorRow(both.agent)];
}

/** Three agents that look at Icinga 2 beside three that do not. */
async function probeRows({ folder }: Node): Promise<Row[]> {
  const kinds = Array.from({ length: PAIRS }, () => [folder.root, ""]).flat();
  const homes = await Promise.all(kinds.map((dataDir) => makeHome({ dataDir })));
  const agents: Measured[] = [];
  for (const home of homes) {
    const args = ["--foreground", "--simulate", "--scenario", "crash=1d", "--home", home];
    agents.push(await measure(EXE, args, /is RUNNING/));
  }
  try {
    await systemClock.sleep(WARMING);
    const before = agents.map((agent) => agent.processorTime());
    await systemClock.sleep(SPAN);
    const medians = (read: (agent: Measured, i: number) => number) =>
      [0, 1].map((kind) => median(agents.map(read).filter((_, i) => i % 2 === kind)));
    const [used, bare] = medians((agent, i) => (agent.processorTime() - before[i]!) / SPAN * 100);
    const [memory, bareMemory] = medians((agent) => agent.resident() / 1e6);
    const tables = await readingTables(folder) / SAMPLE_EVERY * 100;
    const [cpu, more] = [used! - bare! - tables, memory! - bareMemory!];
    return [
      {
        figure: "processor time of all default probes beyond reading /proc, of a core",
        measured: `${cpu.toFixed(3)} %`,
        baseline: `with ${used!.toFixed(3)} %, the agent alone ${bare!.toFixed(3)} %, reading ${
          tables.toFixed(3)
        } %`,
        ratio: "",
        target: "< 0.05 %",
        met: cpu < 0.05,
      },
      {
        figure: "resident memory of all default probes",
        measured: `${more.toFixed(1)} MB`,
        baseline: `with ${memory!.toFixed(1)} MB, the agent alone ${bareMemory!.toFixed(1)} MB`,
        ratio: "",
        target: "< 6 MB",
        met: more < 6,
      },
    ];
  } finally {
    await Promise.all(agents.map((agent) => agent.end()));
    await Promise.all(homes.map((home) => Deno.remove(home, { recursive: true })));
  }
}

/** Processor time of reading processes and connections, ms: what the system takes for that is none of the program's. */
async function readingTables(folder: IcingaFolder): Promise<number> {
  const { tree, connections } = procSources(folder);
  const read = async (times: number) => {
    for (let i = 0; i < times; i++) await connections((await tree())!);
  };
  await read(20);
  const before = process.cpuUsage();
  await read(100);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / 100;
}

/** `doctor` and `icinga2 daemon -C` in turn. */
async function doctorRow({ folder, config, defines }: Node): Promise<Row> {
  const home = await makeHome({ dataDir: folder.root });
  const times: [doctor: number, validation: number][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const doctor = await duration(EXE, ["doctor", "--home", home]);
    const validation = await duration("icinga2", ["daemon", "-C", "-c", config, ...defines]);
    times.push([doctor, validation]);
  }
  await Deno.remove(home, { recursive: true });
  const [doctor, validation] = [0, 1].map((i) => median(times.map((pair) => pair[i]!)));
  const beyond = doctor! - validation!;
  return {
    figure: "`doctor`, beyond what `icinga2 daemon -C` takes",
    measured: `${beyond.toFixed(0)} ms`,
    baseline: `with it ${doctor!.toFixed(0)} ms, it alone ${validation!.toFixed(0)} ms`,
    ratio: "",
    target: "< 2 s",
    met: beyond < 2_000,
  };
}

async function makeHome(given: Record<string, unknown>): Promise<string> {
  const home = await Deno.makeTempDir();
  const daemons = { icinga_agent_service: { arguments: given } };
  const text = JSON.stringify({ daemons, control: { listen: "off" } });
  await Deno.writeTextFile(join(home, "icinga-warden.json"), text);
  return home;
}

async function duration(program: string, args: string[]): Promise<number> {
  const begin = performance.now();
  await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output();
  return performance.now() - begin;
}
