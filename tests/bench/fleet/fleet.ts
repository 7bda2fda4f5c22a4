import process from "node:process";
import { exampleObjects } from "../../../lib/cli/commands/report_example.ts";
import { type Access, ApiConnection, procSources } from "../../../lib/icinga/mod.ts";
import { residentMemory } from "../../faults/memory.ts";
import { makeCa } from "../../icinga/fixture.ts";
import { freePort, makeNode, type Node } from "../../icinga/nodes.ts";
import { makeCertificates } from "./certificates.ts";
import { FleetHost, SERVICES, Slots, Time } from "./hosts.ts";

/** How large a fleet is, and what is done with it. */
export interface FleetPlan {
  hosts: number;
  /** How often each host sends its results when nothing changes, ms. */
  every: number;
  /** How long after the start the steady state begins, ms: for 60 s Icinga looks at what has no result yet. */
  settle: number;
  /** How long it is watched, ms. */
  steady: number;
  /** How many hosts may be connecting and sending at once. */
  slots: number;
  /** The length of all keys. Icinga 2 makes keys of 4096. */
  bits: number;
  /** Called with what is done, for a person who waits. */
  say?: (text: string) => void;
}

/** What one phase has cost. */
export interface Phase {
  seconds: number;
  results: number;
  /** From connecting to the last answer of a host, ms, in ascending order. */
  visits: number[];
  /** Of one core. */
  masterCpu: number;
  hostsCpu: number;
  /** Resident at the end, bytes. */
  masterMemory: number;
  hostsMemory: number;
  /** The most HTTP clients that the master has counted at once. */
  clients: number;
}

/** What became of a fleet. */
export interface FleetFigures {
  steady: Phase;
  rush: Phase;
  /** Attempts that no parent took while the master was there. */
  failures: number;
  /** Objects that do not hold the last result at the end, and what they hold. */
  wrong: string[];
}

/** The rush is given up after so long, ms; what was not told by then is wrong at the end. */
const LIMIT = 5 * 60_000;

/**
 * One process that speaks as many hosts do, with the agent's own reporter, to one real Icinga on this machine.
 *
 * 1. The steady state: hosts that were just started send at a random time of their interval.
 * 2. The master is stopped. All hosts change, and each fails at least once.
 * 3. The rush: the master is started, and every host sends when its wait is over. Half way a tenth changes again.
 * 4. The master is asked for the last result of each object.
 */
export async function runFleet(plan: FleetPlan): Promise<FleetFigures> {
  const { hosts: count, say = () => {} } = plan;
  const root = await Deno.makeTempDir();
  const digits = String(count).length;
  const names = Array.from({ length: count }, (_, i) => `host-${String(i).padStart(digits, "0")}`);
  await makeCa(root);
  const { key, certs } = await makeCertificates(root, names, plan.bits);
  const ca = await Deno.readTextFile(`${root}/ca.crt`);
  say(`${count} certificates are made`);
  const port = freePort();
  const master = await makeNode(root, "master", port, masterObjects(names), plan);
  const endpoint = { name: "master", host: "127.0.0.1", port };
  const phases = new Watch(master, endpoint, ca);
  const time = new Time(), slots = new Slots(plan.slots);
  const hosts = names.map((host, i) => {
    const access: Access = { host, parents: [endpoint], credentials: { ca, cert: certs[i]!, key } };
    return new FleetHost(access, { every: plan.every, time, slots, onVisit: phases.onVisit });
  });
  let running: Promise<unknown> = Promise.resolve();
  try {
    await start(master, phases);
    say("the master runs; the hosts begin");
    running = Promise.all(hosts.map((host) => host.run()));
    await sleep(plan.settle);
    await phases.begin();
    say("the steady state begins");
    await sleep(plan.steady);
    const steady = await phases.end();
    say(`${steady.results} results in ${steady.seconds} s; ${costOf(steady)}; it is stopped`);
    await master.stop();
    for (const host of hosts) host.turn();
    time.hurry();
    await until("each host has failed", () => hosts.every(({ failures }) => failures > 0));
    say("each host has changed and failed; the master is started");
    await start(master, phases);
    for (const host of hosts) host.failures = 0;
    await phases.begin();
    say("the rush begins");
    const told = () => hosts.filter(({ change, told }) => change === told).length;
    const isOver = (share: number) => told() >= count * share || phases.age > LIMIT;
    await until("half of the hosts are told", () => isOver(0.5));
    for (const host of hosts.slice(0, count / 10)) host.turn();
    await until("all hosts are told", () => isOver(1));
    const rush = await phases.end();
    say(`${told()} hosts are told in ${rush.seconds} s; ${costOf(rush)}`);
    const failures = hosts.reduce((sum, { failures }) => sum + failures, 0);
    return { steady, rush, failures, wrong: await findWrong(hosts, endpoint, ca) };
  } finally {
    for (const host of hosts) host.stop();
    time.end();
    await running;
    await master.stop();
    await Deno.remove(root, { recursive: true });
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(what: string, is: () => boolean): Promise<void> {
  for (const end = performance.now() + 2 * LIMIT; !is();) {
    if (performance.now() > end) throw new Error(`it did not happen: ${what}`);
    await sleep(50);
  }
}

function costOf({ masterCpu, masterMemory }: Phase): string {
  const core = (masterCpu * 100).toFixed(0);
  return `the master takes ${core} % of a core and ${(masterMemory / 1e6).toFixed(0)} MB`;
}

/** Starts the master and waits until its API answers. */
async function start(master: Node, { ask }: Watch): Promise<void> {
  await master.start();
  while (await ask().then(() => false, () => true)) await sleep(50);
}

/** What `report example` prints for the hosts, and the hosts. A host itself is not checked here, so that the results are all that the master does. */
function masterObjects(names: readonly string[]): string {
  return `include <itl>
object Endpoint "master" { }
object Zone "master" { endpoints = [ "master" ] }
object CheckerComponent "checker" { }
object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/Service", "status/query" ] }
template Host "fleet" {
  check_command = "dummy"
  enable_active_checks = false
  vars.icinga_warden = true
  vars.icinga_warden_services = [ "icinga2" ]
}
${names.map((name) => `object Host "${name}" { import "fleet" }`).join("\n")}
${exampleObjects(names)}
`;
}

/** Watches what a phase costs. */
class Watch {
  #visits: number[] = [];
  #results = 0;
  #begun = 0;
  #own = process.cpuUsage();
  #master = 0;
  #clients = 0;
  #looking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(
    private readonly master: Node,
    private readonly endpoint: Access["parents"][number],
    private readonly ca: string,
  ) {}

  /** A host was told. */
  readonly onVisit = (ms: number, results: number): void => {
    this.#visits.push(ms);
    this.#results += results;
  };

  /** A connection of one who may read. */
  readonly ask = async (): Promise<ApiConnection> => {
    const reader = { ca: this.ca, user: "reader", password: "reader" };
    return await ApiConnection.open(this.endpoint, reader, 60_000);
  };

  async begin(): Promise<void> {
    this.#visits = [];
    this.#results = this.#clients = 0;
    this.#isOver = false;
    this.#master = (await this.#tree()).cpu;
    this.#own = process.cpuUsage();
    this.#begun = performance.now();
    this.#looking = this.#countClients();
  }

  /** How long the phase has lasted, ms. */
  get age(): number {
    return performance.now() - this.#begun;
  }

  async end(): Promise<Phase> {
    const seconds = (performance.now() - this.#begun) / 1_000;
    const { user, system } = process.cpuUsage(this.#own);
    const tree = await this.#tree();
    this.#isOver = true;
    await this.#looking;
    return {
      seconds: Number(seconds.toFixed(1)),
      results: this.#results,
      visits: this.#visits.toSorted((a, b) => a - b),
      masterCpu: (tree.cpu - this.#master) / seconds,
      hostsCpu: (user + system) / 1e6 / seconds,
      masterMemory: tree.memory,
      hostsMemory: residentMemory("self"),
      clients: this.#clients,
    };
  }

  async #tree(): Promise<{ cpu: number; memory: number }> {
    const { cpu = 0, memory = 0 } = await procSources(this.master.folder).tree() ?? {};
    return { cpu, memory };
  }

  async #countClients(): Promise<void> {
    const connection = await this.ask();
    while (!this.#isOver) {
      const { body } = await connection.ask("GET", "/v1/status/ApiListener");
      const found = JSON.parse(body).results[0].status.api.http.clients;
      this.#clients = Math.max(this.#clients, found - 1);
      await sleep(500);
    }
    connection.close();
  }
}

/** Asks the master for each object, many with one request. */
async function findWrong(
  hosts: readonly FleetHost[],
  endpoint: Access["parents"][number],
  ca: string,
): Promise<string[]> {
  const reader = { ca, user: "reader", password: "reader" };
  const connection = await ApiConnection.open(endpoint, reader, 60_000);
  const wrong: string[] = [];
  for (let at = 0; at < hosts.length; at += 250) {
    const wanted = new Map(
      hosts.slice(at, at + 250).flatMap((host) =>
        [...host.outputs()].map(([service, output]) =>
          [`${host.access.host}!${service}`, output] as const
        )
      ),
    );
    const asked = { services: [...wanted.keys()], attrs: ["last_check_result"] };
    const { body } = await connection.ask("GET", "/v1/objects/services", asked);
    const found = new Map<string, string | undefined>(
      JSON.parse(body).results.map((
        { name, attrs }: { name: string; attrs: { last_check_result: { output: string } | null } },
      ) => [name, attrs.last_check_result?.output]),
    );
    for (const [name, output] of wanted) {
      if (found.get(name) !== output) wrong.push(`${name}: ${found.get(name)}`);
    }
  }
  connection.close();
  return wrong;
}

/** How many objects a fleet has. */
export function objectsOf(hosts: number): number {
  return hosts * SERVICES.length;
}
