import { assertEquals, assertMatch } from "@std/assert";
import { type Bench, EXE } from "../exe/program.ts";
import { blocks } from "./page.ts";
import {
  eventually,
  freePort,
  makeCertificate,
  runTool,
  startAgent,
  testWith,
  whileRunning,
} from "./tool.ts";

/** The page's check command and service, with this exe and home, on a host that is Icinga's own. */
function icingaConfig(home: string, port: number): string {
  const page = blocks("icinga2").join("\n")
    .replace(/const IcingaWarden = .*/, `const IcingaWarden = ${JSON.stringify(EXE)}`)
    .replace("check_interval = 1m", "check_interval = 1s")
    .replace("retry_interval = 15s", "retry_interval = 1s")
    .replace("command_endpoint = host.vars.agent_endpoint", "");
  return `
const NodeName = "localhost"
object CheckerComponent "checker" {}
object Endpoint NodeName {}
object Zone "master" { endpoints = [ NodeName ] }
object ApiListener "api" { bind_host = "127.0.0.1", bind_port = ${port} }
object ApiUser "test" { password = "test", permissions = [ "objects/query/Service" ] }
object Host "windows1" {
  check_command = "icinga-warden"
  enable_active_checks = false
  vars.os = "Windows"
  vars.agent_endpoint = "windows1"
  vars.icinga_warden_home = ${JSON.stringify(home)}
}
${page}`;
}

interface CheckResult {
  exit_status: number;
  output: string;
  performance_data: string[];
  command: string[];
}

async function withIcinga(
  { home, write }: Bench,
  test: (result: () => Promise<CheckResult>) => Promise<void>,
): Promise<void> {
  const data = `${home}/icinga`;
  const certificate = await makeCertificate(`${data}/certs`, "localhost");
  const port = freePort();
  await write("icinga2.conf", icingaConfig(home, port));
  const user = (await runTool("id", ["-un"])).output.trim();
  const group = (await runTool("id", ["-gn"])).output.trim();
  const folders = ["DataDir", "LogDir", "CacheDir", "InitRunDir", "SpoolDir"];
  const defines = { RunAsUser: user, RunAsGroup: group };
  const args = [
    ...["daemon", "-c", "icinga2.conf", ...folders.map((name) => `-D${name}=${data}`)],
    ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
  ];
  const client = Deno.createHttpClient({ caCerts: [certificate] });
  const headers = { authorization: `Basic ${btoa("test:test")}` };
  const ask = async () => {
    const url = `https://localhost:${port}/v1/objects/services/windows1!icinga-warden`;
    const answer = await (await fetch(url, { client, headers })).json();
    return answer.results[0].attrs.last_check_result as CheckResult;
  };
  try {
    await whileRunning("icinga2", args, home, () => test(ask));
  } finally {
    client.close();
  }
}

testWith(
  ["icinga2", "openssl"],
  "a real Icinga 2 runs the plugin by the page's check command, and reads its performance data",
  async (bench) => {
    await startAgent(bench, "crash=15s,refuse=100000", { listen: "127.0.0.1:0" });
    await withIcinga(bench, async (result) => {
      const well = await eventually(async () => {
        const latest = await result();
        assertEquals(latest.exit_status, 0);
        // A thread tells its heap with its first sign of life.
        assertMatch(latest.performance_data.join(" "), /\bheap=/);
        return latest;
      });
      assertMatch(well.output, /^OK: icinga2 is RUNNING, 1 of 1 daemons run ?\n/);
      assertEquals(well.command.slice(1, 2), ["check"]);
      const labels = well.performance_data.map((text) => text.replace(/=.*/, ""));
      assertEquals(labels, [
        "restart_error",
        "restarts",
        "restart_failures",
        "query_time",
        "restarts_last_hour",
        "daemons",
        "thread_restarts",
        "heap",
        "memory",
        "uptime",
      ]);
      assertMatch(well.performance_data[0]!, /^restart_error=0;0;4;0$/);
      const bad = await eventually(async () => {
        const latest = await result();
        assertEquals(latest.exit_status, 2);
        return latest;
      });
      assertMatch(bad.output, /^CRITICAL: icinga2 is STOPPED/);
      assertMatch(bad.output, /\nservice icinga2: STOPPED, restart_error \d+/);
    });
  },
);

testWith(["icinga2", "openssl"], "Icinga 2 says UNKNOWN where no agent runs", async (bench) => {
  await withIcinga(bench, async (result) => {
    const latest = await eventually(async () => {
      const latest = await result();
      assertEquals(latest.exit_status, 3);
      return latest;
    });
    assertMatch(latest.output, /^UNKNOWN: The agent is not running/);
  });
});
