import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  type Connection,
  type HostSources,
  type IcingaSample,
  procSources,
  Sampler,
} from "../../lib/icinga/mod.ts";
import { fixture } from "./fixture.ts";
import { hasIcinga, type Node, nodes } from "./nodes.ts";

const MINUTE = 60_000;

/** A sampler whose clock is moved by hand. */
function sampling(node: Pick<Node, "folder">, sources: HostSources) {
  let now = 0;
  const sampler = new Sampler({
    ...node,
    sources,
    every: MINUTE,
    clock: { now: () => now },
    limit: 1_000,
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
  const parts = ["certificate", "crl", "disk", "link", "node", "port", "stateFile", "tree"];
  assertEquals(Object.keys(unknown).sort(), parts);
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
  assertEquals(await unchanged(60 * MINUTE), 0, "the host slept");
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
    const { makeCa, makeCertificate } = await import("./fixture.ts");
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
