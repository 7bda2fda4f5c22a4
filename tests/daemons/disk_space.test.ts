import { assertEquals, assertThrows } from "@std/assert";
import daemon from "../../daemons/disk_space.ts";
import type { Disk } from "../../lib/daemon/author.ts";
import { simulate } from "../../lib/testing/author.ts";

const GB = 1024 ** 3;
const disks: Disk[] = [
  { name: "C:", free: 4 * GB, total: 100 * GB },
  { name: "D:", free: 8 * GB, total: 100 * GB },
];

async function verdictOf(given: Record<string, unknown>, found = disks) {
  const run = simulate(daemon, { arguments: given, disks: found });
  await run.advance("1s");
  const { level, text, numbers } = run.map("Verdict").get("now") as Record<string, unknown>;
  const metrics = run.metrics().map(({ name, labels, value }) => [name, labels.disk, value]);
  await run.stop();
  return { level, text, numbers, metrics };
}

Deno.test("the worst disk is the verdict, and each has its numbers and metrics", async () => {
  const { level, text, numbers, metrics } = await verdictOf({});
  assertEquals(level, "critical");
  assertEquals(text, "C: 4.0 GB free of 100.0 GB, D: 8.0 GB free of 100.0 GB");
  assertEquals((numbers as Record<string, unknown>)["C:"], {
    ...{ value: 4 * GB, unit: "B", warning: `${10 * GB}:`, critical: `${5 * GB}:` },
    ...{ min: 0, max: 100 * GB },
  });
  const name = "icinga_warden_daemon_disk_space_free_bytes";
  assertEquals(metrics.filter(([full]) => full === name), [[name, "C:", 4 * GB], [
    name,
    "D:",
    8 * GB,
  ]]);
});

Deno.test("limits are shares or sizes, and disks can be chosen", async () => {
  const level = async (given: Record<string, unknown>) => (await verdictOf(given)).level;
  assertEquals(await level({ critical: "3%" }), "warning");
  assertEquals(await level({ warning: "3GB", critical: "1GB" }), "ok");
  const told = async (given: Record<string, unknown>) => (await verdictOf(given)).text;
  const [c, d] = ["C: 4.0 GB free of 100.0 GB", "D: 8.0 GB free of 100.0 GB"];
  assertEquals(await told({ warning: "3GB", critical: "1GB" }), `${c}, ${d}`);
  assertEquals(
    await told({ warning: "5GB", critical: "1GB" }),
    c,
    "those that are well are left out",
  );
  assertEquals(await level({ disks: ["d:"] }), "warning");
  assertEquals(await told({ disks: ["D:", "d:"], warning: "1GB", critical: "1GB" }), d);
  const { level: unknown, text } = await verdictOf({ disks: ["E:"] });
  assertEquals([unknown, text], ["unknown", "there is no disk E:"]);
  assertEquals((await verdictOf({}, [])).level, "unknown");
  const odd = () => simulate(daemon, { arguments: { warning: "much" } });
  assertThrows(odd, TypeError, 'warning: got "much"; expected such as 10% or 5GB');
});

Deno.test("what is as much as a limit is not below it", async () => {
  const level = async (given: Record<string, unknown>) =>
    (await verdictOf({ disks: ["C:"], ...given })).level;
  assertEquals(await level({ warning: "4GB", critical: "4GB" }), "ok");
  assertEquals(await level({ warning: "4097MB", critical: "4GB" }), "warning");
  assertEquals(await level({ warning: "4097MB", critical: "4097MB" }), "critical");
});

Deno.test("a disk that is gone is shown no more", async () => {
  const there = [...disks];
  const run = simulate(daemon, { disks: there });
  await run.advance("1s");
  there.pop();
  await run.advance("1m");
  assertEquals([...run.map("Disks").keys()], ["C:"]);
  const { text } = run.map("Verdict").get("now") as { text: string };
  assertEquals(text, "C: 4.0 GB free of 100.0 GB");
  await run.stop();
});
