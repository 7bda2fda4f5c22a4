import { exampleObjects } from "../../../lib/cli/commands/report_example.ts";
import { ApiConnection, type Endpoint } from "../../../lib/icinga/mod.ts";
import { EXE } from "../../exe/program.ts";
import { makeCa } from "../../icinga/fixture.ts";
import { freePort, makeNode, writeOwnFiles } from "../../icinga/nodes.ts";
import { measure, type Measured, median } from "../process.ts";
import type { Row } from "../row.ts";

/** Between two changes, ms: Icinga has closed a connection that is not used after 15 s. */
const CHANGE_EVERY = 16_000;
const CHANGES = 8;

/** A daemon whose verdict changes, and that says so in the log at the same moment. */
const PULSE = `
export default { name: "pulse", description: "", run(context) {
  let n = 0;
  return context.every(${CHANGE_EVERY}, () => {
    const level = ++n % 2 === 0 ? "ok" : "critical";
    context.log.info("changed " + n);
    context.report(level, "change " + n);
  });
} };`;

/** How long the report is watched at rest, ms: one interval. */
const REST = 300_000;

/** A real master with the objects of one host, and the data folder of an Icinga agent that has it as its parent. */
async function withMaster<T>(
  use: (dataDir: string, seen: (service: string) => Promise<Result | null>) => Promise<T>,
): Promise<T> {
  const root = await Deno.makeTempDir();
  await makeCa(root);
  const port = freePort();
  const objects = `include <itl>
object Endpoint "master" { }
object Zone "master" { endpoints = [ "master" ] }
object Host "agent" {
  check_command = "dummy"
  vars.icinga_warden = true
  vars.icinga_warden_services = [ "icinga2" ]
  vars.icinga_warden_daemons = [ "pulse" ]
}
object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/Service" ] }
${exampleObjects(["agent"])}`;
  const master = await makeNode(root, "master", port, objects, { bits: 4_096 });
  const { folder } = await makeNode(root, "agent", freePort(), "", { bits: 4_096 });
  await writeOwnFiles(folder, port);
  await master.start();
  const ca = await Deno.readTextFile(`${root}/ca.crt`);
  const endpoint: Endpoint = { name: "master", host: "127.0.0.1", port };
  const reader = await ApiConnection.open(endpoint, { ca, user: "reader", password: "reader" });
  try {
    return await use(folder.root, async (service) => {
      const { body } = await reader.ask("GET", `/v1/objects/services/agent!${service}`);
      return JSON.parse(body).results[0].attrs.last_check_result;
    });
  } finally {
    reader.close();
    await master.stop();
    await Deno.remove(root, { recursive: true });
  }
}

/** What Icinga holds of a service. */
interface Result {
  output: string;
  /** When it arrived, s since the Unix epoch. */
  execution_start: number;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** An agent with a healthy service and more daemons, and its home. */
async function startAgent(more: Record<string, unknown>): Promise<Measured & { home: string }> {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/pulse.js`, PULSE);
  await Deno.writeTextFile(
    `${home}/idle.js`,
    `export default { name: "idle", description: "", run: (context) => context.sleep(1e9) };`,
  );
  const watch = { icinga_agent_service: { arguments: { interval: "1h" } } };
  const config = { daemons: { ...watch, ...more }, control: { listen: "off" } };
  await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify(config));
  const args = ["--foreground", "--simulate", "--scenario", "crash=99h", "--home", home];
  return { home, ...await measure(EXE, args, /is RUNNING/) };
}

/** What the report costs an agent, and how soon a change is told. Needs dist/icinga-warden and icinga2. */
export async function reportRows(): Promise<Row[]> {
  return await withMaster(async (dataDir, seen) => [
    await changeRow(dataDir, seen),
    ...await costRows(dataDir),
  ]);
}

async function changeRow(
  dataDir: string,
  seen: (service: string) => Promise<Result | null>,
): Promise<Row> {
  const agent = await startAgent({
    icinga_report: { arguments: { every: "30s", dataDir } },
    pulse: { module: "pulse.js" },
  });
  const arrived = new Map<string, number>();
  // The first result comes within one interval.
  for (const end = Date.now() + 30_000 + CHANGE_EVERY * (CHANGES + 2); Date.now() < end;) {
    const result = await seen("icinga-warden-daemon-pulse");
    const change = /change \d+/.exec(result?.output ?? "")?.[0];
    if (change && !arrived.has(change)) arrived.set(change, result!.execution_start * 1_000);
    await sleep(100);
  }
  const log = await Deno.readTextFile(`${agent.home}/logs/icinga-warden.log`);
  await agent.end();
  await Deno.remove(agent.home, { recursive: true });
  const took = [...log.matchAll(/^(\S+) .*changed (\d+)$/gm)].flatMap(([, time, n]) => {
    const at = arrived.get(`change ${n}`);
    return at === undefined ? [] : [at - Date.parse(time!)];
  }).slice(1); // The first one that arrives may have waited for the first interval.
  if (took.length < CHANGES / 2) throw new Error(`too few changes have arrived: ${took}`);
  const longest = Math.max(...took);
  return {
    figure: "a change of state until it is at the parent",
    measured: `${median(took).toFixed(0)} ms, at most ${longest.toFixed(0)} ms`,
    baseline: `${took.length} changes; 200 ms of it wait for what belongs to the change`,
    ratio: "",
    target: "< 1 s",
    met: longest < 1_000,
  };
}

/** Three agents with the report, three with an idle daemon and three with neither, side by side for one interval. */
async function costRows(dataDir: string): Promise<Row[]> {
  const kinds = {
    none: {},
    idle: { idle: { module: "idle.js" } },
    report: { icinga_report: { arguments: { dataDir } } },
  };
  const started: (Measured & { home: string; kind: string })[] = [];
  for (const [kind, more] of Object.entries(kinds).flatMap((entry) => [entry, entry, entry])) {
    started.push({ kind, ...await startAgent(more) });
  }
  // Each has sent its first results after one interval, and V8 has collected its garbage.
  await sleep(REST);
  const before = started.map((agent) => agent.processorTime());
  await sleep(REST);
  const found = started.map((agent, i) => ({
    kind: agent.kind,
    share: (agent.processorTime() - before[i]!) / REST,
    resident: agent.resident() / 1e6,
  }));
  for (const agent of started) {
    await agent.end();
    await Deno.remove(agent.home, { recursive: true });
  }
  const of = (kind: string, read: (one: typeof found[number]) => number) =>
    found.filter((one) => one.kind === kind).map(read);
  // What else the machine does can only add to it.
  const shareOf = (kind: string) => Math.min(...of(kind, (one) => one.share));
  const memoryOf = (kind: string) =>
    median(of(kind, (one) => one.resident)) - median(of("none", (one) => one.resident));
  const share = shareOf("report") - shareOf("none");
  const [memory, idleMemory] = [memoryOf("report"), memoryOf("idle")];
  const percent = (part: number) => `${(part * 100).toFixed(3)} %`;
  const agents = `agent with it ${percent(shareOf("report"))}, with an idle daemon in its place ${
    percent(shareOf("idle"))
  }, with neither ${percent(shareOf("none"))}`;
  return [{
    figure: "processor time of the report at rest, of one core",
    measured: percent(share),
    baseline: `${agents}; the least of three, ${REST / 1_000} s`,
    ratio: "",
    target: "< 0.02 %",
    met: share < 0.0002,
  }, {
    figure: "resident memory of the report at rest",
    measured: `${memory.toFixed(1)} MB`,
    baseline: `an idle daemon ${idleMemory.toFixed(1)} MB`,
    ratio: `${(memory - idleMemory).toFixed(1)} MB beyond`,
    target: "< 2 MB",
    met: memory < 2,
  }];
}
