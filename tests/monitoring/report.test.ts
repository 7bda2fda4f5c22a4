import { assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "node:path";
import { ApiConnection } from "../../lib/icinga/mod.ts";
import { fleetFiles } from "../docs/page.ts";
import type { Bench } from "../exe/program.ts";
import { makeCa } from "../icinga/fixture.ts";
import { freePort, makeNode, type Node, writeOwnFiles } from "../icinga/nodes.ts";
import { eventually, startAgent, testWith } from "./tool.ts";

/** A real master, and a real satellite where a section has one, with the files of a section of docs/fleet.md. */
interface Parents extends AsyncDisposable {
  root: string;
  /** What the master holds of a service. */
  seen(service: string): Promise<{ state: number; output: string; scheduling_source: string }>;
  /** Tells the files of a host's Icinga agent which parent it has; returns its folder. */
  makeHost(host: string, parent: string): Promise<string>;
}

const HEAD = `include <itl>
include <plugins>
const PluginDir = "/none"
include "zones.conf"
object CheckerComponent "checker" { }
`;
const READER =
  'object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/Service" ] }\n';

/** The master connects to the satellite; where this machine has it is put into the page's file. */
async function parentsOf(title: string, changed: Record<string, string> = {}): Promise<Parents> {
  const root = await Deno.makeTempDir();
  await makeCa(root);
  const ports = { master1: freePort(), satellite1: freePort() };
  const files = fleetFiles(title);
  for (const [path, text] of Object.entries(changed)) files.set(path, text);
  const zones = files.get("zones.conf")!;
  files.set(
    "zones.conf",
    zones.replace(/host = "10\.1\.0\.1"/, `host = "127.0.0.1"; port = "${ports.satellite1}"`),
  );
  const master = await makeNode(root, "master1", ports.master1, HEAD + READER, { zone: "master" });
  for (const [path, text] of files) {
    const file = join(master.folder.config, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  const nodes: Node[] = [master];
  if (zones.includes("satellite1")) {
    const own = { zone: "berlin" };
    const satellite = await makeNode(root, "satellite1", ports.satellite1, HEAD, own);
    await Deno.writeTextFile(
      join(satellite.folder.config, "zones.conf"),
      `object Endpoint "master1" { }
object Zone "master" { endpoints = [ "master1" ] }
object Endpoint "satellite1" { }
object Zone "berlin" { endpoints = [ "satellite1" ]; parent = "master" }
object Zone "global-templates" { global = true }
`,
    );
    nodes.push(satellite);
  }
  for (const node of nodes) await node.start();
  const ca = await Deno.readTextFile(`${root}/ca.crt`);
  const endpoint = { name: "master1", host: "127.0.0.1", port: ports.master1 };
  return {
    root,
    async seen(service) {
      const reader = await ApiConnection.open(endpoint, { ca, user: "reader", password: "reader" });
      const { body } = await reader.ask("GET", `/v1/objects/services/${service}`);
      reader.close();
      const { state, last_check_result: result } = JSON.parse(body).results[0].attrs;
      return { state, ...result };
    },
    async makeHost(name, parent) {
      const { folder } = await makeNode(root, name, freePort(), "");
      await writeOwnFiles(folder, ports[parent as keyof typeof ports], { name, parent });
      return folder.root;
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node.stop();
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** The commands of docs/fleet.md on a host, whose results come every 2 s. */
async function runOnHost(bench: Bench, parents: Parents, host: string, parent: string) {
  const dataDir = await parents.makeHost(host, parent);
  const agent = await startAgent(bench, "crash=1h", { listen: "127.0.0.1:0" });
  const given = ["every=2s", `dataDir=${dataDir}`, "--grant"];
  const { code, stderr } = await bench.run("daemon", "register", "icinga_report", ...given);
  assertEquals([code, stderr], [0, ""]);
  const seen = await eventually(async () => {
    const seen = await parents.seen(`${host}!icinga-warden`);
    assertMatch(seen.output, /^OK: icinga2 is RUNNING, 2 of 2 daemons run\n/);
    assertMatch((await parents.seen(`${host}!icinga-warden-service-icinga2`)).output, /^OK: /);
    return seen;
  });
  const tried = await eventually(async () => {
    const tried = await bench.run("report", "test");
    assertEquals([tried.code, tried.stderr], [0, ""]);
    return tried;
  });
  assertMatch(
    tried.stdout,
    new RegExp(`^${parent} \\(127.* this host is ApiUser '${host}' there`),
  );
  const sent = `^sent to ${host}!icinga-warden: OK: icinga2 is RUNNING, 2 of 2`;
  assertMatch(tried.stdout, new RegExp(sent, "m"));
  return { agent, seen };
}

testWith(
  ["icinga2", "openssl"],
  "docs/fleet.md, a master and its agents: results arrive, and are UNKNOWN once the agent is killed",
  async (bench) => {
    const printed = await bench.run("report", "example", "windows1", "windows2");
    assertEquals([printed.code, printed.stderr], [0, ""]);
    const changed = { "zones.d/master/icinga-warden.conf": printed.stdout };
    await using parents = await parentsOf("A master", changed);
    const { agent } = await runOnHost(bench, parents, "windows1", "master1");
    agent.signal("SIGKILL");
    await agent.ended;
    await eventually(async () => {
      const { state, output } = await parents.seen("windows1!icinga-warden-service-icinga2");
      assertEquals([state, output.split(".")[0]], [3, "No Passive Check Result Received"]);
    });
  },
);

testWith(
  ["icinga2", "openssl"],
  "docs/fleet.md, with satellites: a result that is sent to the satellite is seen on the master",
  async (bench) => {
    await using parents = await parentsOf("With satellites");
    const { seen } = await runOnHost(bench, parents, "windows3", "satellite1");
    assertEquals(seen.scheduling_source, "satellite1");
  },
);
