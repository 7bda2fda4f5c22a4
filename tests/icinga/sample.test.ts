import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  type Connection,
  type HostSources,
  type IcingaSample,
  moveStateFile,
  procSources,
  Sampler,
  stateFault,
} from "../../lib/icinga/mod.ts";
import { configureProbes } from "../../daemons/mod.ts";
import {
  type Fixture,
  fixture,
  hasOpenssl,
  makeCa,
  makeCertificate,
  netstrings,
} from "./fixture.ts";
import { within } from "../../lib/base/mod.ts";
import { hasIcinga, type Node, nodes } from "./nodes.ts";

const MINUTE = 60_000;

/** A sampler whose clock is moved by hand. */
function sampling(
  node: Pick<Node, "folder">,
  sources: HostSources,
  look?: "icinga" | "processes",
) {
  let now = 0;
  const sampler = new Sampler({
    ...node,
    sources,
    every: MINUTE,
    clock: { now: () => now },
    limit: 1_000,
    ...(look && { look }),
  });
  return (passed: number) => {
    now += passed;
    return sampler.take();
  };
}

Deno.test("without a folder every part of a sample says why it is not known", async () => {
  await using made = await fixture();
  const sources = { tree: () => Promise.resolve(undefined), connections: () => Promise.reject() };
  const { unknown, at: _, ...known } = await sampling(made, sources)(0);
  assertEquals(known, { dataDir: made.folder.root });
  const { data } = made.folder;
  assertEquals(unknown, {
    certificate: "the name of the node is not known",
    crl: "the configuration names no crl_path",
    disk: `there is no ${data}`,
    link: "it is not known which endpoints are the parents",
    node: "neither icinga2.vars nor constants.conf names it",
    port: "the name of the node is not known",
    stateFile: `there is no ${join(data, "icinga2.state")}`,
    tree: "the service has no process",
  });
  await nodeFolder(made, "agent", 1, 2);
  const { link, tree } = (await sampling(made, sources)(0)).unknown;
  assertEquals([link, tree], Array(2).fill("the service has no process"));
});

Deno.test("an error of the system is in a sample in plain words", async () => {
  await using made = await fixture();
  const number = Deno.build.os === "windows" ? 5 : 13;
  const error = new Error(`Zugriff verweigert (os error ${number}): stat '/x'`);
  const { unknown } = await sampling(made, {
    tree: () => Promise.reject(error),
    connections: none,
  })(0);
  assertEquals(unknown.tree, "Cannot read /x: access is denied");
});

Deno.test("where only the processes are looked at, nothing else is in a sample", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2);
  const tree = () => Promise.resolve({ pids: new Set([1]) });
  const { at: _, ...sample } = await sampling(made, { tree, connections: none }, "processes")(0);
  assertEquals(sample, { dataDir: made.folder.root, tree: { processes: 1 }, unknown: {} });
});

Deno.test("the state file's age is counted while it is watched, whatever the clock of the host does", async () => {
  await using made = await fixture();
  const sources = { tree: () => Promise.resolve(undefined), connections: () => Promise.reject() };
  const take = sampling(made, sources);
  const unchanged = async (passed: number) => (await take(passed)).stateFile?.unchanged;
  await made.write("var/lib/icinga2/icinga2.state", "", 24 * 60 * MINUTE);
  assertEquals(await unchanged(0), 0);
  assertEquals(await unchanged(MINUTE), 60);
  assertEquals(await unchanged(MINUTE), 120);
  await made.write("var/lib/icinga2/icinga2.state", "", 23 * 60 * MINUTE);
  assertEquals(await unchanged(MINUTE), 0);
  assertEquals(await unchanged(MINUTE), 60);
  assertEquals(await unchanged(3 * MINUTE), 240);
  assertEquals(await unchanged(3 * MINUTE + 1), 0, "the host slept");
});

Deno.test("the state file's age is counted anew for another process of the service", async () => {
  await using made = await fixture();
  let root: number | undefined = 7;
  const tree = () => Promise.resolve(root === undefined ? root : { pids: new Set([root, 9]) });
  const take = sampling(made, { tree, connections: () => Promise.reject() });
  await made.write("var/lib/icinga2/icinga2.state", "");
  const ages: unknown[] = [];
  // It cannot be read for a moment; then the service is started anew.
  for (root of [7, undefined, 7, 8, 8]) ages.push((await take(MINUTE)).stateFile?.unchanged);
  assertEquals(ages, [0, 60, 120, 0, 60]);
});

Deno.test("without its own port a node's connections are not known, as where Icinga's file was torn", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2);
  const debug = join(made.folder.cache, "icinga2.debug");
  await Deno.writeTextFile(debug, (await Deno.readTextFile(debug)).slice(0, -30));
  const tree = () => Promise.resolve({ pids: new Set([1]) });
  const inwards = {
    local: { address: "10.0.0.5", port: 1 },
    remote: { address: "10.0.0.1", port: 40_000 },
    pid: 1,
  };
  const take = sampling(made, { tree, connections: () => Promise.resolve([inwards]) });
  for (const passed of [0, MINUTE, MINUTE]) {
    const { link, parents, unknown } = await take(passed);
    assertEquals([link, parents], [undefined, ["master-0 (127.0.0.1:2)"]]);
    assertEquals(unknown.link, "no ApiListener is known, so its connections are not");
  }
});

Deno.test("of a state file that is late it is told whether Icinga still tries to write it", async () => {
  await using made = await fixture();
  const sources = { tree: () => Promise.resolve(undefined), connections: () => Promise.reject() };
  const take = sampling(made, sources);
  const tried = async (passed: number) => (await take(passed)).stateFile?.tried;
  await made.write("var/lib/icinga2/icinga2.state", "");
  await made.write("var/log/icinga2/icinga2.log", logOf(["information", DUMPING]));
  assertEquals([await tried(0), await tried(3 * MINUTE)], [undefined, undefined]);
  assertEquals(await tried(3 * MINUTE), DUMPING);
  await made.write("var/log/icinga2/icinga2.log", logOf(["information", "x: y"]));
  assertEquals(await tried(MINUTE), undefined);
});

Deno.test("without a file of the log the records of the event log tell the same, and are read for that alone", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2);
  await made.write("var/lib/icinga2/icinga2.state", "");
  const refused = "ApiListener: Certificate validation failed for endpoint 'master-0': code 18";
  let reads = 0;
  let links = [{
    local: { address: "10.0.0.5", port: 40_000 },
    remote: { address: "10.0.0.1", port: 2 },
    pid: 1,
  }];
  const take = sampling(made, {
    tree: () => Promise.resolve({ pids: new Set([1]) }),
    connections: () => Promise.resolve(links),
    events() {
      reads++;
      return Promise.resolve(logOf(["information", DUMPING], ["warning", refused]));
    },
  });
  // Two samples until the connection counts, then it does, and the state file is not late yet.
  for (let i = 0; i < 4; i++) await take(MINUTE);
  const connected = await take(MINUTE);
  assertEquals([connected.link?.connected !== undefined, reads], [true, 1]);
  assertEquals((await take(2 * MINUTE)).stateFile?.tried, DUMPING);
  links = [];
  assertEquals((await take(MINUTE)).link?.refusal?.line, refused);
});

const DUMPING = "ConfigObject: Dumping program state to file 'x'";

/** A log of now, a line for each. */
function logOf(...lines: [severity: string, text: string][]): string {
  const at = new Date().toISOString().replace("T", " ").slice(0, 19);
  return lines.map(([severity, text]) => `[${at} +0000] ${severity}/${text}\n`).join("");
}

/** A folder of a node of this name that listens on `port`, its parents on `parents`. */
async function nodeFolder(made: Fixture, name: string, port: number, ...parents: number[]) {
  await namedFolder(made, name, { bind_port: port }, parents.map((port) => ["127.0.0.1", port]));
}

/** A folder of a node with this ApiListener and with parents at these hosts and ports. */
async function namedFolder(
  made: Fixture,
  name: string,
  listener: Record<string, unknown>,
  parents: readonly [host: string, port: number][],
) {
  const object = (type: string, name: string, properties: Record<string, unknown>) => ({
    ...{ name, properties, type },
  });
  const endpoints = parents.map(([host, port], i) =>
    object("Endpoint", `master-${i}`, { host, port })
  );
  const zone = (name: string, endpoints: string[], parent: string) =>
    object("Zone", name, { endpoints, parent });
  const objects = [
    ...endpoints,
    object("Endpoint", name, { host: "" }),
    zone("master", endpoints.map(({ name }) => name), ""),
    zone(name, [name], "master"),
    object("ApiListener", "api", listener),
  ];
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings([{ name: "NodeName", value: name }]),
  );
  await made.write("var/cache/icinga2/icinga2.debug", netstrings(objects));
}

Deno.test("a node that was set up anew is read anew", async () => {
  await using made = await fixture();
  const sources = { tree: () => Promise.resolve(undefined), connections: none };
  const take = sampling(made, sources);
  await nodeFolder(made, "first", 1);
  assertEquals((await take(0)).node, "first");
  await nodeFolder(made, "another", 1);
  assertEquals((await take(MINUTE)).node, "another");
});

Deno.test("the processor time is that of the same processes since the sample before", async () => {
  await using made = await fixture();
  const facts = [[1, 10], [1, 40], [2, 0], [2, 6]].map(([pid, cpu]) => ({
    ...{ pids: new Set([pid!]), cpu: cpu!, memory: 1 },
  }));
  const take = sampling(made, { tree: () => Promise.resolve(facts.shift()), connections: none });
  const loads: unknown[] = [];
  for (let i = 0; i < 4; i++) loads.push((await take(MINUTE)).tree!.cpu);
  assertEquals(loads, [undefined, 50, undefined, 10]);
});

Deno.test("no processor time is told where nothing tells it, no time has passed, or it ran backwards", async () => {
  await using made = await fixture();
  const pids = new Set([1]);
  const facts = [{ cpu: 10 }, {}, { cpu: 20 }, { cpu: 5, memory: 3 }, { cpu: 9 }].map((more) => ({
    ...{ pids, ...more },
  }));
  const take = sampling(made, { tree: () => Promise.resolve(facts.shift()), connections: none });
  const trees: unknown[] = [];
  for (const passed of [0, MINUTE, MINUTE, MINUTE, 0]) trees.push((await take(passed)).tree);
  const processes = 1;
  assertEquals(trees, [
    { processes },
    { processes },
    { processes },
    { processes, memory: 3, cpu: 0 },
    { processes },
  ]);
});

/** A connection out from this host. */
const leadsTo = (address: string, port: number, from = 40_000): Connection => ({
  ...{ local: { address: "10.0.0.5", port: from }, remote: { address, port }, pid: 1 },
});

Deno.test("the connection to a parent counts when it is a minute old; of several the oldest", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2, 3);
  const seen: Connection[][] = [];
  const tree = () => Promise.resolve({ pids: new Set([1]) });
  const take = sampling(made, { tree, connections: () => Promise.resolve(seen.shift()!) });
  const [one, two] = [leadsTo("10.0.0.1", 2), leadsTo("10.0.0.2", 3, 40_001)];
  const looks: [
    passed: number,
    connections: Connection[],
    to?: string,
    young?: string[],
    isEarly?: true,
  ][] = [
    [0, [one, leadsTo("10.0.0.9", 443)], undefined, ["10.0.0.1:2"], true],
    [59_999, [two, one], undefined, ["10.0.0.2:3", "10.0.0.1:2"], true],
    [1, [two, one], "10.0.0.1:2", []],
    [MINUTE, [two, one], "10.0.0.1:2", []],
    [MINUTE, [two], "10.0.0.2:3", []],
    [MINUTE, [], undefined, []],
    [MINUTE, [one], undefined, ["10.0.0.1:2"]],
    [3 * MINUTE, [one], "10.0.0.1:2", []],
    [3 * MINUTE + 1, [one], undefined, ["10.0.0.1:2"], true], // after a gap
    [3 * MINUTE + 1, [one], undefined, ["10.0.0.1:2"], true],
    [3 * MINUTE + 1, [], undefined, []],
  ];
  for (const [passed, connections, to, young, isEarly] of looks) {
    seen.push(connections);
    const { link, parents } = await take(passed);
    assertEquals(parents, ["master-0 (127.0.0.1:2)", "master-1 (127.0.0.1:3)"]);
    assertEquals([link!.connected?.to, link!.young, link!.isEarly], [to, young, isEarly]);
    assertEquals(link!.answer, undefined, "without a CA nobody is asked");
    if (!link!.connected) continue;
    const age = Date.now() - Date.parse(link!.connected.since);
    assert(age >= 60_000, `${age}`);
  }
});

Deno.test("the table of connections is read in every second sample while one is old enough, and at once for another process or other parents", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2);
  let root = 1, reads = 0;
  const connections = () => Promise.resolve(reads++ < 6 ? [leadsTo("10.0.0.1", 2)] : []);
  const take = sampling(made, {
    tree: () => Promise.resolve({ pids: new Set([root, 7]) }),
    connections,
  });
  const looks: [root: number, reads: number, isConnected: boolean][] = [
    [1, 1, false],
    [1, 2, false],
    [1, 3, true], // a minute old
    [1, 3, true],
    [1, 4, true],
    [1, 4, true],
    [2, 5, true], // at once
    [2, 6, true], // other parents
    [2, 6, true],
    [2, 7, false], // lost
    [2, 8, false],
  ];
  for (const [i, [process, expected, isConnected]] of looks.entries()) {
    root = process;
    if (i === 7) await nodeFolder(made, "agent", 1, 2, 3);
    const { link } = await take(MINUTE / 2);
    assertEquals([reads, link!.connected !== undefined], [expected, isConnected], `look ${i}`);
  }
});

Deno.test("while no parent is connected the log's refusal of the last two minutes is told", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1, 2);
  const tree = () => Promise.resolve({ pids: new Set([1]) });
  const take = sampling(made, { tree, connections: none });
  const refusal = async (age: number) => {
    const at = new Date(Date.now() - age).toISOString().replace("T", " ").slice(0, 19);
    const text = "Certificate validation failed for endpoint 'master-0': code 18: self-signed";
    await made.write(
      "var/log/icinga2/icinga2.log",
      `[${at} +0000] warning/ApiListener: ${text}\n`,
    );
    return (await take(0)).link!.refusal?.line;
  };
  assert((await refusal(110_000))?.includes("code 18"));
  assertEquals(await refusal(130_000), undefined);
});

Deno.test("without ca.crt no parent is tried, and that is told of those that have an address", async () => {
  const tree = () => Promise.resolve({ pids: new Set([1]) });
  for (const [host, expected] of [["127.0.0.1", true], ["", undefined]] as const) {
    await using made = await fixture();
    await namedFolder(made, "agent", {}, [[host, 1]]);
    const { link } = await sampling(made, { tree, connections: none })(0);
    assertEquals([link!.isUntried, link!.answer], [expected, undefined]);
  }
});

Deno.test("what is known of a node's files is told, and what is missing for the rest", async () => {
  await using made = await fixture();
  await nodeFolder(made, "agent", 1);
  await made.write("var/lib/icinga2/api/log/1", "x".repeat(300));
  await made.write("var/lib/icinga2/api/log/current", "x".repeat(50));
  await made.write("var/log/icinga2/icinga2.log", "x".repeat(20));
  const tree = () => Promise.resolve({ pids: new Set([1, 2]), memory: 7 });
  if (Deno.build.os === "linux") {
    await Deno.symlink("/none", join(made.folder.data, "api", "log", "gone"));
  }
  const { unknown, disk, ...sample } = await sampling(made, { tree, connections: none })(0);
  assertEquals([disk!.log, disk!.replay, disk!.free > 1e6], [20, 350, true]);
  assertEquals([sample.node, sample.parents, sample.tree], [
    ...["agent", [], { processes: 2, memory: 7 }] as const,
  ]);
  assertEquals(Date.parse(sample.at) <= Date.now(), true);
  const data = made.folder.data;
  assertEquals(unknown, {
    certificate: `there is no ${join(data, "certs", "agent.crt")}`,
    crl: "the configuration names no crl_path",
    port: "ca.crt is missing or empty",
    link: "the node has no parents: it is a master",
    stateFile: `there is no ${join(data, "icinga2.state")}`,
  });
});

Deno.test("the list of revoked certificates and the disk are told; where there is no log it takes no place", async () => {
  await using made = await fixture();
  const file = await made.write("crl.pem", "no list");
  await made.write("var/lib/icinga2/icinga2.state", "");
  await namedFolder(made, "agent", { crl_path: file }, []);
  const tree = () => Promise.resolve(undefined);
  const take = sampling(made, { tree, connections: none });
  const { unknown, disk } = await take(0);
  assertEquals(unknown.crl, `${file} does not say when the next is due`);
  assertEquals([disk!.log, disk!.replay], [0, 0]);
  const body = "\x17\x0d260102030405Z\x17\x0d260202030405Z";
  await Deno.writeTextFile(
    file,
    `-----BEGIN X509 CRL-----\n${btoa(body)}\n-----END X509 CRL-----\n`,
  );
  assertEquals((await take(0)).crl, { file, due: "2026-02-02T03:04:05.000Z" });
});

Deno.test({
  name: "a certificate of the future says when it begins (needs openssl)",
  ignore: !hasOpenssl,
  async fn() {
    await using made = await fixture();
    await nodeFolder(made, "agent", 1);
    const certs = join(made.folder.data, "certs");
    await Deno.mkdir(certs, { recursive: true });
    await makeCa(certs);
    await makeCertificate(certs, "agent", { ca: "ca" });
    const sources = { tree: () => Promise.resolve(undefined), connections: none };
    const begins = async () => (await sampling(made, sources)(0)).certificate!.begins;
    assertEquals(await begins(), undefined);
    const { now } = Date;
    try {
      Date.now = () => now() - 24 * 60 * MINUTE;
      assert(Date.parse((await begins())!) > Date.now());
    } finally {
      Date.now = now;
    }
  },
});

/** A server of TLS that counts its connections. */
function countingServer(folder: string, name: string) {
  const [cert, key] = ["crt", "key"].map((end) =>
    Deno.readTextFileSync(join(folder, `${name}.${end}`))
  );
  const server = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: cert!, key: key! });
  const open: Deno.TlsConn[] = [];
  let count = 0, live = 0;
  const serve = async (conn: Deno.TlsConn) => {
    live++;
    await conn.read(new Uint8Array(1)).catch(() => {});
    live--;
  };
  (async () => {
    for await (const conn of server) {
      count++;
      open.push(conn);
      serve(conn);
    }
  })();
  return {
    port: server.addr.port,
    /** How many connections the other side has left open. */
    live: () => live,
    /** How many connections there were since it was asked last. */
    count() {
      const found = count;
      count = 0;
      return found;
    },
    [Symbol.dispose]() {
      for (const conn of open) conn.close();
      server.close();
    },
  };
}

Deno.test({
  name:
    "a port that answers is tried every 5 minutes, a parent's every minute, and its certificate until it is loaded",
  ignore: !hasOpenssl,
  async fn() {
    await using made = await fixture();
    const certs = join(made.folder.data, "certs");
    await Deno.mkdir(certs, { recursive: true });
    await makeCa(certs);
    await makeCertificate(certs, "agent", { ca: "ca" });
    await makeCertificate(certs, "old", { ca: "ca" });
    using own = countingServer(certs, "old");
    using parent = countingServer(certs, "old");
    await namedFolder(made, "agent", { bind_port: own.port }, [
      ["127.0.0.1", parent.port],
      // It connects to this node.
      ["", parent.port],
    ]);
    let connections: Connection[] = [], started = Infinity;
    const take = sampling(made, {
      tree: () => Promise.resolve({ pids: new Set([1]), started }),
      connections: () => Promise.resolve(connections),
    });
    const tried = async (passed: number) => {
      const { certificate, port, link } = await take(passed);
      return [own.count(), parent.count(), port?.is, link?.answer?.is, certificate?.isLoaded];
    };
    const good = ["good", "good", undefined] as const;
    assertEquals(await tried(0), [1, 1, ...good]);
    assertEquals(await tried(MINUTE - 1), [0, 0, ...good]);
    assertEquals(await tried(1), [0, 1, ...good]);
    assertEquals(await tried(4 * MINUTE - 1), [0, 1, ...good]);
    assertEquals(await tried(1), [1, 0, ...good]);
    // A parent that was connected is asked at once when it is no more.
    connections = [leadsTo("10.0.0.1", parent.port)];
    assertEquals(await tried(MINUTE / 2), [0, 0, ...good]);
    assertEquals(await tried(MINUTE), [0, 0, "good", undefined, undefined]);
    connections = [];
    assertEquals(await tried(MINUTE / 2 + MINUTE / 4), [0, 1, ...good]);
    // The file is newer than the process, which shows another certificate.
    started = 1_000;
    assertEquals((await tried(0))[4], false);
    assertEquals(await tried(MINUTE / 4), [0, 0, "good", "good", false]);
    assertEquals((await tried(5 * MINUTE)).slice(0, 2), [2, 1]);
    // It is loaded now.
    await Deno.copyFile(join(certs, "old.crt"), join(certs, "agent.crt"));
    assertEquals(await tried(0), [1, 0, ...good]);
    assertEquals(await tried(5 * MINUTE), [1, 1, ...good]);
    const isOver = () => own.live() + parent.live() === 0;
    for (let i = 0; i < 500 && !isOver(); i++) await new Promise((go) => setTimeout(go, 10));
    assertEquals(isOver(), true, "each connection is closed");
  },
});

Deno.test({
  name:
    "a port that does not answer is tried each time, and of the parents the best answer is told",
  ignore: !hasOpenssl,
  async fn() {
    await using made = await fixture();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [open, gone] = [silent, closed].map(({ addr }) => (addr as Deno.NetAddr).port);
    closed.close();
    await nodeFolder(made, "agent", gone!, gone!, open!);
    const certs = join(made.folder.data, "certs");
    await Deno.mkdir(certs, { recursive: true });
    await makeCa(certs);
    const tree = () => Promise.resolve({ pids: new Set([1]) });
    const take = sampling(made, { tree, connections: none });
    const { link, port } = await take(0);
    assertEquals([port!.is, link!.answer!.is], ["unreachable", "silent"]);
    assertEquals(link!.answer!.text, "no answer to the TLS handshake within 1 s");
    assertEquals(link!.answer!.parent, `master-1 (127.0.0.1:${open})`);
    using late = Deno.listen({ hostname: "127.0.0.1", port: gone! });
    const asked = late.accept().then((conn) => conn.close());
    await take(1_000);
    await within(asked, { ms: 20_000, late: () => assert(false, "it was not tried again") });
  },
});

Deno.test({
  name:
    "a sample of a real node: certificate, port, processes, the parent's connection (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { master, agent } = both;
    await master.start();
    await agent.start();
    const take = sampling(agent, procSources(agent.folder));
    const first = await until(() => take(0), ({ link }) => link!.young.length > 0);
    assertEquals(first.node, "agent");
    assert(/^master \(127\.0\.0\.1:\d+\)$/.test(first.parents![0]!));
    assert(Date.parse(first.certificate!.ends) > Date.now() && !first.certificate!.fault);
    assertEquals(first.port!.is, "good");
    assertEquals(first.link!.answer!.is, "good");
    assert(first.tree!.processes >= 2 && first.tree!.memory! > 1e6 && first.disk!.free > 0);
    const { link } = await take(MINUTE);
    assert(link?.connected?.to.startsWith("127.0.0.1:"), JSON.stringify(link));

    // The master hangs: its port accepts, and the handshake is not answered.
    await master.signal("SIGSTOP");
    const cut: HostSources = { ...procSources(agent.folder), connections: none };
    const hung = await sampling(agent, cut)(0);
    assertEquals(hung.link!.answer!.is, "silent");

    await master.stop();
    const gone = await sampling(agent, cut)(0);
    assertEquals(gone.link!.answer!.is, "unreachable");
    assertEquals((await sampling(master, procSources(master.folder))(0)).parents, []);
  },
});

const none = (): Promise<Connection[]> => Promise.resolve([]);

/** Takes samples until one is as it should be, for 20 s at most. */
async function until(
  take: () => Promise<IcingaSample>,
  is: (sample: IcingaSample) => boolean,
): Promise<IcingaSample> {
  for (let i = 0;; i++) {
    const sample = await take();
    if (i === 100 || is(sample)) return sample;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

Deno.test({
  name:
    "an expired certificate and one of another CA are told in a real node's sample (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { master, agent, root } = both;
    const certs = join(agent.folder.data, "certs");
    await master.start();
    await makeCa(root, "other");
    await makeCertificate(root, "agent", { ca: "other" });
    for (const file of ["agent.crt", "agent.key"]) {
      await Deno.copyFile(join(root, file), join(certs, file));
    }
    await Deno.copyFile(join(root, "other.crt"), join(certs, "ca.crt"));
    await agent.start();
    const take = sampling(agent, procSources(agent.folder));
    const sample = await until(() => take(0), ({ link }) => link?.refusal !== undefined);
    assertEquals(
      sample.link!.refusal?.meaning,
      "the certificate of one side is not signed by the CA of the other",
    );
    assertEquals(sample.link!.answer!.is, "certificate");
    await makeCertificate(root, "agent", { ca: "other", days: -1 });
    await Deno.copyFile(join(root, "agent.crt"), join(certs, "agent.crt"));
    const { certificate } = await take(0);
    assert(Date.parse(certificate!.ends) < Date.now(), certificate!.ends);
  },
});

Deno.test({
  name:
    "a certificate that was renewed and not loaded is seen on a real node's port (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { agent, root } = both;
    const certs = join(agent.folder.data, "certs");
    await agent.start();
    const take = sampling(agent, procSources(agent.folder));
    const isLoaded = async () => (await take(5 * MINUTE)).certificate!.isLoaded;
    assertEquals(await isLoaded(), undefined);
    // A file that was only touched is the one that is in use.
    const soon = new Date();
    await Deno.utime(join(certs, "agent.crt"), soon, soon);
    assertEquals(await isLoaded(), undefined);
    await makeCertificate(root, "agent", { ca: "ca" });
    for (const file of ["agent.crt", "agent.key"]) {
      await Deno.copyFile(join(root, file), join(certs, file));
    }
    assertEquals(await isLoaded(), false);
    const later = new Date(Date.now() + 60 * MINUTE);
    await Deno.utime(join(certs, "agent.crt"), later, later);
    assertEquals(await isLoaded(), undefined, "the clock was set back");
    await agent.stop();
    await agent.start();
    assertEquals(await isLoaded(), undefined);
  },
});

Deno.test({
  name:
    "of a real node that is stopped by SIGSTOP the heartbeat goes stale and TLS dies, until it goes on (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { agent } = both;
    const { folder } = agent;
    await agent.start();
    await Deno.writeTextFile(join(folder.data, "icinga2.state"), "2:{},");
    const take = sampling(agent, procSources(folder));
    const [heartbeat, port] = ["heartbeat_file", "api_port"].map((name) =>
      configureProbes([`${name} failAfter=1m`]).find((probe) => probe.name === name)!
    );
    const verdicts = (sample: IcingaSample) =>
      [heartbeat!, port!].map(({ probe }) => probe(sample, Date.now()).is);
    assertEquals(verdicts(await until(() => take(0), ({ port }) => port?.is === "good")), [
      "ok",
      "ok",
    ]);
    await agent.signal("SIGSTOP");
    for (let i = 0; i < 6; i++) await take(MINUTE);
    assertEquals(verdicts(await take(MINUTE)), ["critical", "warning"]);
    await agent.signal("SIGCONT");
    const again = await until(() => take(0), ({ port }) => port?.is === "good");
    assertEquals(again.port!.is, "good");
  },
});

Deno.test({
  name:
    "a real node does not start with a damaged state file, and does once that is aside (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { agent: { folder, start, stop } } = both;
    const sources = procSources(folder);
    await Deno.writeTextFile(join(folder.data, "icinga2.state"), "\0".repeat(4096));
    assertEquals(await stateFault(folder), "corrupt");
    await start().catch(() => {});
    for (let i = 0; i < 200 && await sources.tree(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertEquals(await sources.tree(), undefined);
    await stop();
    await moveStateFile(folder, new Date());
    await start();
    const take = sampling({ folder }, sources);
    const { port } = await until(() => take(0), ({ port }) => port?.is === "good");
    assertEquals(port!.is, "good");
  },
});
