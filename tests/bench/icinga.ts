import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/mod.ts";
import { EXE } from "../exe/program.ts";
import { hasIcinga, type Node, nodes } from "../icinga/nodes.ts";
import { measure, type Measured, median } from "./process.ts";
import type { Row } from "./row.ts";

/** Time in which V8 collects the garbage of a start, ms. */
const WARMING = 60_000;

/** How long processor time is counted, ms: eight samples. */
const SPAN = 240_000;

const ROUNDS = 5, PAIRS = 5;

/** Places in the kernel's table of connections: of a namespace of its own, which can have a smaller one. */
const PLACES = "net.ipv4.tcp_ehash_entries", CHILD_PLACES = "net.ipv4.tcp_child_ehash_entries";

/** What looking at a real Icinga 2 costs. They need dist/icinga-warden, and icinga2. */
export async function icingaRows(): Promise<Row[]> {
  if (!hasIcinga) throw new Error("The part icinga needs icinga2: apt-get install icinga2-bin");
  const small = smallTableRows();
  await using both = await nodes();
  await both.master.start();
  await both.agent.start();
  return [
    ...await probeRows(both.agent),
    ...await small,
    await doctorRow(both.agent),
  ];
}

/** The same figure in a network namespace with a small table, at the same time; needs root, and Linux 6.1. */
async function smallTableRows(): Promise<Row[]> {
  const before = await sysctl("-n", CHILD_PLACES);
  try {
    await sysctl("-w", `${CHILD_PLACES}=256`);
    const self = fileURLToPath(import.meta.url);
    const script = `ip link set lo up && exec "${Deno.execPath()}" run -A "${self}"`;
    const { success, stdout } = await new Deno.Command("unshare", {
      args: ["-n", "sh", "-c", script],
      stderr: "inherit",
    }).output().catch(() => ({ success: false, stdout: new Uint8Array() }));
    const rows: Row[] = success ? JSON.parse(new TextDecoder().decode(stdout)) : [];
    return rows.slice(0, 1);
  } finally {
    await sysctl("-w", `${CHILD_PLACES}=${before}`);
  }
}

async function sysctl(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("sysctl", { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Agents that look at Icinga 2 beside as many that do not. */
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
    const both = (figures: number[], take: (figures: number[]) => number) =>
      [0, 1].map((kind) => take(figures.filter((_, i) => i % 2 === kind)));
    const percent = agents.map((agent, i) => (agent.processorTime() - before[i]!) / SPAN * 100);
    const [used, bare] = both(percent, median);
    const [least, leastBare] = both(percent, (figures) => Math.min(...figures));
    const [memory, bareMemory] = both(agents.map((agent) => agent.resident() / 1e6), median);
    const [cpu, more] = [used! - bare!, memory! - bareMemory!];
    const places = await sysctl("-n", PLACES);
    return [
      {
        figure: `processor time of all default probes, of a core; ${places} places for connections`,
        measured: `${cpu.toFixed(3)} %`,
        baseline: `with ${used!.toFixed(3)} %, the agent alone ${
          bare!.toFixed(3)
        } %; the least of ${least!.toFixed(3)} %, ${leastBare!.toFixed(3)} %`,
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

// In a namespace of its own, where `smallTableRows` runs this file.
if (import.meta.main) {
  await using both = await nodes();
  await both.master.start();
  await both.agent.start();
  // deno-lint-ignore no-console
  console.log(JSON.stringify(await probeRows(both.agent)));
}
