/** The three daemons of issue 28: each has fewer than 25 lines, and gives a verdict, performance data and a metric. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { probeModule } from "../../lib/registry/probe.ts";
import type { VerdictNumber } from "../../lib/daemon/author.ts";
import { simulate, type Simulation, type SimulationOptions } from "../../lib/testing/author.ts";
import { tellSkipped } from "../skipped.ts";
import { hasOpenssl, startTlsHost } from "../tls_host.ts";
import certificateWatch from "./certificate_watch.ts";
import diskWatch from "./disk_watch.ts";
import httpPoller from "./http_poller.ts";

async function toldBy(run: Simulation) {
  for (const end = Date.now() + 60_000; !run.map("Verdict").has("now") && Date.now() < end;) {
    await run.advance("1s");
  }
  const { level, text, numbers } = run.map("Verdict").get("now") as {
    level: string;
    text: string;
    numbers: Record<string, VerdictNumber>;
  };
  const metrics = run.metrics().map(({ name, labels, value }) => ({ name, labels, value }));
  await run.stop();
  return { level, text, numbers, metrics };
}

Deno.test("each example has fewer than 25 lines, and is a module that the agent takes", async () => {
  for (const name of ["disk_watch", "certificate_watch", "http_poller"]) {
    const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
    const lines = (await Deno.readTextFile(file)).trim().split("\n").length;
    assert(lines < 25, `${name} has ${lines} lines`);
    const probed = await probeModule(file, { url: "http://x/", host: "x" });
    assert("description" in probed, JSON.stringify(probed));
    assertEquals(probed.argumentProblems.filter(({ fault }) => fault === "missing"), []);
  }
});

Deno.test("disk_watch", async () => {
  const disks = [{ name: "C:", free: 3e9, total: 5e11 }, { name: "D:", free: 9e9, total: 5e11 }];
  const { level, text, numbers, metrics } = await toldBy(simulate(diskWatch, { disks }));
  assertEquals([level, text], ["warning", "nearly full: C:"]);
  assertEquals(numbers["C:"], { value: 3e9, unit: "B", warning: `${5 * 1024 ** 3}:` });
  const name = "icinga_warden_daemon_disk_watch_free_bytes";
  assertEquals(metrics, [
    { name, labels: { daemon: "disk_watch", disk: "C:" }, value: 3e9 },
    { name, labels: { daemon: "disk_watch", disk: "D:" }, value: 9e9 },
  ]);
});

Deno.test("http_poller", async () => {
  const poll = (fetch: SimulationOptions["fetch"]) =>
    toldBy(simulate(httpPoller, { arguments: { url: "https://example.org/" }, fetch: fetch! }));
  const { level, text, numbers, metrics } = await poll(() => new Response("well"));
  assertEquals([level, text, numbers.time!.unit], ["ok", "status 200", "s"]);
  assertEquals(metrics.map(({ name }) => name), [
    "icinga_warden_daemon_http_poller_duration_seconds",
  ]);
  const down = await poll(() => Promise.reject(new TypeError("connection refused")));
  assertEquals([down.level, down.text], ["critical", "TypeError: connection refused"]);
});

if (!hasOpenssl) tellSkipped("certificate_watch", "there is no openssl");

Deno.test({
  name: "certificate_watch",
  ignore: !hasOpenssl,
  async fn() {
    const { host, close, remove } = await startTlsHost();
    const run = simulate(certificateWatch, { arguments: { host } });
    const { level, text, numbers, metrics } = await toldBy(run);
    assertEquals([level, text], ["warning", `${host} ends in 9 days`]);
    assertEquals(numbers, { days: { value: 9 } });
    assertEquals(metrics.map(({ name, labels }) => [name, labels.key]), [
      ["icinga_warden_daemon_certificate_watch_end_timestamp_seconds", host],
    ]);
    await close();
    await remove();
  },
});
