import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Bench } from "../exe/program.ts";
import { blocks, rows } from "./page.ts";
import {
  eventually,
  freePort,
  makeCertificate,
  runTool,
  startAgent,
  testWith,
  whileRunning,
} from "./tool.ts";

const RULES = "icinga-warden.rules.yml";

/** A daemon with a verdict of its own. */
const REPORTER = `export default { name: "reporter", description: "", run: (context) => {
  context.report("ok", "well", { free: 1 });
  return context.every("1h", () => {});
} };`;

async function scrape(bench: Bench): Promise<string> {
  const token = (await Deno.readTextFile(`${bench.home}/monitor.token`)).trim();
  const response = await fetch(`http://127.0.0.1:${token.split("-")[0]}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return await response.text();
}

testWith(
  ["promtool"],
  "promtool finds nothing to say about the metrics, and the page names them all",
  async (bench) => {
    await Deno.mkdir(`${bench.home}/var/lib/icinga2`, { recursive: true });
    await bench.write("reporter.js", REPORTER);
    const given = { dataDir: bench.home, probes: ["disk settle=0s"] };
    const others = { reporter: { module: "reporter.js" } };
    const control = { listen: "127.0.0.1:0" };
    await startAgent(bench, "crash=500ms,refuse=1", control, { given, others });
    const metrics = await eventually(async () => {
      const text = await scrape(bench);
      assertStringIncludes(text, "icinga_warden_thread_heap_bytes{");
      assertStringIncludes(text, "icinga_warden_service_restart_duration_seconds_count{");
      assertStringIncludes(text, "icinga_warden_probe_success{");
      assertStringIncludes(text, "icinga_warden_daemon_value{");
      return text;
    });
    assertEquals(await runTool("promtool", ["check", "metrics"], { input: metrics }), {
      ...{ code: 0, output: "" },
    });
    const served = [...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    const named = rows().filter((row) => /^(icinga_warden|process)_/.test(row));
    assertEquals(named.toSorted(), served.toSorted());
  },
);

testWith(
  ["promtool"],
  "the textfile is written, and promtool finds nothing to say about it",
  async (bench) => {
    const file = `${bench.home}/inputs/icinga-warden.prom`;
    await Deno.mkdir(`${bench.home}/inputs`);
    const metrics = { textfile: "inputs/icinga-warden.prom", every: "1s" };
    await startAgent(bench, "crash=1h", { listen: "127.0.0.1:0", metrics });
    const text = await eventually(async () => {
      const text = await Deno.readTextFile(file);
      assertStringIncludes(text, 'state="RUNNING"} 1\n');
      return text;
    });
    assertEquals(await runTool("promtool", ["check", "metrics"], { input: text }), {
      ...{ code: 0, output: "" },
    });
    assertStringIncludes(text, "\nicinga_warden_process_resident_memory_bytes ");
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    assertEquals(names.filter((name) => !name.startsWith("icinga_warden_")), []);
    const left = await Array.fromAsync(Deno.readDir(`${bench.home}/inputs`));
    assertEquals(left.map(({ name }) => name), ["icinga-warden.prom"]);
  },
);

testWith(
  ["prometheus-node-exporter"],
  "a real node_exporter serves the textfile beside its own metrics",
  async (bench) => {
    await Deno.mkdir(`${bench.home}/inputs`);
    const metrics = { textfile: "inputs/icinga-warden.prom", every: "1s" };
    await startAgent(bench, "crash=1h", { listen: "127.0.0.1:0", metrics });
    const port = freePort();
    const collect = ["--collector.disable-defaults", "--collector.textfile"];
    const where = [
      "--collector.textfile.directory=inputs",
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    await whileRunning("prometheus-node-exporter", [...collect, ...where], bench.home, async () => {
      await eventually(async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        assertStringIncludes(text, 'icinga_warden_health{health="ok"} 1\n');
        assertStringIncludes(text, "\nnode_textfile_scrape_error 0\n");
        assertStringIncludes(text, "node_textfile_mtime_seconds{file=");
      });
    });
  },
);

testWith(["promtool"], "promtool accepts the page's files for many hosts", async (bench) => {
  const yaml = blocks("yaml");
  await Deno.mkdir(`${bench.home}/targets`);
  const files = yaml.filter((text) => text.includes("file_sd_configs"));
  const targets = yaml.filter((text) => text.startsWith("# targets/"));
  assertEquals([files.length, targets.length], [1, 1]);
  await bench.write("prometheus.yml", files[0]!);
  await bench.write("targets/berlin.yml", targets[0]!);
  for (const name of ["metrics.password", "ca.crt"]) await bench.write(name, "x");
  const checked = await runTool("promtool", ["check", "config", "prometheus.yml"], {
    cwd: bench.home,
  });
  assertEquals(checked.code, 0, checked.output);
});

testWith(["promtool"], "promtool loads the page's alerts, and they fire", async (bench) => {
  await bench.write(RULES, blocks("yaml").find((text) => text.startsWith(`# ${RULES}`))!);
  const loaded = await runTool("promtool", ["check", "rules", RULES], { cwd: bench.home });
  assertEquals(loaded.code, 0, loaded.output);
  assertStringIncludes(loaded.output, "SUCCESS: 9 rules found");
  const labels = 'job="icinga-warden", instance="a"';
  const service = `${labels}, service="icinga2"`;
  const series = (name: string, values: string) => ({ series: name, values });
  const fires = (alertname: string, eval_time: string, ...exp_alerts: object[]) => ({
    ...{ alertname, eval_time, exp_alerts },
  });
  const alert = (exp_labels: object, summary: string) => ({
    exp_labels,
    exp_annotations: { summary },
  });
  const known = { job: "icinga-warden", instance: "a" };
  const test = {
    rule_files: [RULES],
    evaluation_interval: "1m",
    tests: [{
      interval: "1m",
      input_series: [
        series(`up{${labels}}`, "1x5 0x20"),
        series(`icinga_warden_service_state{${service}, state="RUNNING"}`, "1x2 0x20"),
        series(`icinga_warden_maintenance{${labels}}`, "0x8 1x12"),
        series('windows_textfile_mtime_seconds{instance="a", file="icinga-warden.prom"}', "60x20"),
        series(`icinga_warden_trouble{${labels}, kind="log"}`, "0x2 1x20"),
        series(`icinga_warden_probe_success{${service}, probe="disk"}`, "1x2 0x20"),
        series(`icinga_warden_service_restart_errors{${service}}`, "0x2 3x20"),
      ],
      alert_rule_test: [
        fires("WatchedServiceDown", "1m"),
        fires(
          "WatchedServiceDown",
          "6m",
          alert(
            { ...known, service: "icinga2", state: "RUNNING", severity: "critical" },
            "a: icinga2 does not run, and restarts do not help",
          ),
        ),
        fires("WatchedServiceDown", "12m"), // paused
        fires(
          "WatchedServiceRestartsFail",
          "4m",
          alert(
            { ...known, service: "icinga2", severity: "critical" },
            "a: 3 restarts of icinga2 failed in a row",
          ),
        ),
        fires("IcingaProbeFails", "7m"),
        fires(
          "IcingaProbeFails",
          "9m",
          alert(
            { ...known, service: "icinga2", probe: "disk", severity: "warning" },
            "a: disk of icinga2 fails",
          ),
        ),
        fires("IcingaWardenTrouble", "7m"),
        fires(
          "IcingaWardenTrouble",
          "9m",
          alert(
            { ...known, kind: "log", severity: "warning" },
            "a: the agent has a trouble of its own: log",
          ),
        ),
        fires("IcingaWardenTextfileOld", "11m"),
        fires(
          "IcingaWardenTextfileOld",
          "12m",
          alert(
            { instance: "a", file: "icinga-warden.prom", severity: "critical" },
            "a: the agent does not write its metrics",
          ),
        ),
        fires("IcingaWardenDown", "5m"),
        fires(
          "IcingaWardenDown",
          "10m",
          alert({ ...known, severity: "critical" }, "a: the agent does not answer"),
        ),
      ],
    }],
  };
  await bench.write("test.yml", JSON.stringify(test));
  const { code, output } = await runTool("promtool", ["test", "rules", "test.yml"], {
    cwd: bench.home,
  });
  assertEquals(code, 0, output);
});

/** The page's configuration of Prometheus, with this agent's addresses and files in the place of the example's. */
function prometheusConfig(home: string, port: string, metricsPort: number): string {
  const [local, outside] = blocks("yaml").filter((text) => text.startsWith("# prometheus.yml"));
  const both = `${local}${outside!.replace(/^# prometheus\.yml\nscrape_configs:\n/, "")}`;
  return `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n${both}`
    .replace("127.0.0.1:5664", `127.0.0.1:${port}`)
    .replace(
      "'C:\\Program Files\\icinga-warden\\monitor.token'",
      JSON.stringify(`${home}/monitor.token`),
    )
    .replace("windows1.example:9664", `localhost:${metricsPort}`);
}

testWith(
  ["prometheus", "openssl"],
  "a real Prometheus scrapes both ways, as the page says, and its alert fires",
  async (bench) => {
    const { home } = bench;
    const certificate = await makeCertificate(home, "metrics");
    await bench.write("metrics.password", "a pass: wörd\n");
    const { control: { metrics } } = JSON.parse(blocks("json")[0]!);
    const port = freePort();
    await startAgent(bench, "crash=2s,refuse=100000", {
      listen: "127.0.0.1:0",
      metrics: { ...metrics, listen: `127.0.0.1:${port}` },
    });
    const own = (await Deno.readTextFile(`${home}/monitor.token`)).split("-")[0]!;
    await bench.write("prometheus.yml", prometheusConfig(home, own, port));
    await bench.write(RULES, blocks("yaml").find((text) => text.startsWith(`# ${RULES}`))!);
    const web = freePort();
    const args = ["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb"];
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${web}/api/v1/${path}`);
      return (await answer.json()).data;
    };
    await whileRunning(
      "prometheus",
      [...args, `--web.listen-address=127.0.0.1:${web}`],
      home,
      async () => {
        const result = await eventually(async () => {
          const query = encodeURIComponent('icinga_warden_service_state{state="STOPPED"} == 1');
          const { result } = await ask(`query?query=${query}`);
          assertEquals(result.length, 2);
          return result as { metric: Record<string, string> }[];
        });
        assertEquals(result.map(({ metric }) => metric.job).sort(), [
          ...["icinga-warden", "icinga-warden-local"],
        ]);
        assertEquals(result[0]!.metric.service, "icinga2");
        await eventually(async () => {
          const { alerts } = await ask("alerts") as {
            alerts: { labels: Record<string, string> }[];
          };
          assert(alerts.some(({ labels }) => labels.alertname === "WatchedServiceRestartsFail"));
        });
      },
    );
    const stranger = Deno.createHttpClient({ caCerts: [certificate] });
    const refused = await fetch(`https://localhost:${port}/metrics`, { client: stranger });
    assertEquals([refused.status, await refused.text().then((text) => text.includes("icinga_"))], [
      401,
      false,
    ]);
    stranger.close();
  },
);
