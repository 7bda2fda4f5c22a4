import { residentMemory } from "../../faults/memory.ts";
import type { Row } from "../row.ts";
import { reportRows } from "./agent.ts";
import { objectsOf, type Phase, runFleet } from "./fleet.ts";

const HOSTS = 10_000;

/** Many hosts and one real Icinga. They need icinga2, openssl and dist/icinga-warden; 20,000 files may have to be open. */
export async function fleetRows(): Promise<Row[]> {
  const own = residentMemory("self");
  const signature = await signatureTime();
  const { steady, rush, failures, wrong } = await runFleet({
    ...{ hosts: HOSTS, every: 300_000, settle: 60_000, steady: 30_000, slots: 64, bits: 4_096 },
    // deno-lint-ignore no-console
    say: (text) => console.error(`fleet: ${text}`),
  });
  const hosts = HOSTS.toLocaleString("en");
  const objects = objectsOf(HOSTS).toLocaleString("en");
  const cost = rush.masterCpu * rush.seconds * 1_000 / rush.visits.length;
  return [
    row(`${hosts} hosts at rest, one master`, {
      measured: rate(steady),
      baseline: both(steady, own),
    }),
    row(`${hosts} hosts that change while the master is down, until all are told`, {
      measured: `${rush.seconds} s, ${rate(rush)}; ${failures} attempts in vain`,
      baseline: both(rush, own),
      target: "< 5 min",
      met: rush.seconds < 300,
    }),
    row("the master's processor time for a host of that: connection, who it is, two results", {
      measured: `${cost.toFixed(1)} ms`,
      baseline: `one signature of RSA 4096 ${signature.toFixed(1)} ms`,
      ratio: `${(cost / signature).toFixed(2)} ×`,
    }),
    row(`of ${objects} objects, those without the last result at the end`, {
      measured: String(wrong.length),
      target: "0",
      met: wrong.length === 0,
    }),
    row(`connections of ${hosts} hosts at once`, {
      measured: `at most ${Math.max(steady.clients, rush.clients)}`,
      baseline: "counted by the master each half second",
      target: "≤ one a host",
      met: rush.clients <= HOSTS,
    }),
    ...await reportRows(),
  ];
}

function row(figure: string, more: Partial<Row>): Row {
  return { figure, measured: "", baseline: "", ratio: "", target: "", met: true, ...more };
}

function rate({ results, seconds, visits }: Phase): string {
  const at = (part: number) => `${(visits[Math.floor(visits.length * part)] ?? 0).toFixed(0)} ms`;
  return `${(results / seconds).toFixed(0)} results/s; a host takes ${at(0.5)}, of 99 % ${
    at(0.99)
  }`;
}

/** @param own resident memory of this process before the hosts, bytes. */
function both({ masterCpu, masterMemory, hostsCpu, hostsMemory }: Phase, own: number): string {
  const core = (part: number) => `${(part * 100).toFixed(0)} % of a core`;
  const size = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return `master ${core(masterCpu)}, ${size(masterMemory)}; all hosts ${core(hostsCpu)}, ${
    size(hostsMemory - own)
  }`;
}

/** What openssl needs to sign with a key as long as Icinga's, ms; a TLS connection needs one on each side. */
async function signatureTime(): Promise<number> {
  const { stdout } = await new Deno.Command("openssl", {
    args: ["speed", "-seconds", "3", "rsa4096"],
    ...{ stdin: "null", stderr: "null" },
  }).output();
  const [, seconds] = /rsa 4096 bits ([\d.]+)s/.exec(new TextDecoder().decode(stdout))!;
  return Number(seconds) * 1_000;
}
