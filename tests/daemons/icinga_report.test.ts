import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Agent } from "../../lib/agent/agent.ts";
import { defaultConfig, defaultDaemonConfig } from "../../lib/config/mod.ts";
import { ApiConnection, type Credentials, introduce, sendResult } from "../../lib/icinga/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { Registry } from "../../lib/registry/registry.ts";
import { reportAccess } from "../../daemons/icinga_report.ts";
import { makeCa, makeCertificate } from "../icinga/fixture.ts";
import { hasIcinga, nodes, writeOwnFiles } from "../icinga/nodes.ts";

/** A user for each host that may write that alone, two hosts with their services, and one who may read all. */
const OBJECTS = `
include <itl>
template Service "icinga-warden-passive" {
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
}
${
  ["agent", "other"].map((host) => `
object Host "${host}" { check_command = "dummy" }
object Service "icinga-warden" { import "icinga-warden-passive"; host_name = "${host}" }
`).join("")
}
object Service "icinga-warden-service-icinga2" { import "icinga-warden-passive"; host_name = "agent" }
object ApiUser "agent" {
  client_cn = "agent"
  permissions = [ { permission = "actions/process-check-result"; filter = {{ host.name == "agent" }} } ]
}
object ApiUser "sender" { password = "s3cret"; permissions = [ "actions/process-check-result" ] }
object ApiUser "blind" { password = "blind"; permissions = [ "status/query" ] }
object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/Service" ] }
`;

interface Seen {
  /** Of a passive result `exit_status` is 0. */
  state: number;
  output: string;
  performance_data: string[];
  check_source: string;
  ttl: number;
}

interface Bench extends AsyncDisposable {
  root: string;
  /** Where the master is, as the argument `parents` takes it. */
  parent: string;
  /** The agent's data folder. */
  dataDir: string;
  connect(credentials: Partial<Credentials>): Promise<ApiConnection>;
  /** What the master holds of a service; null: nothing yet. */
  seen(service: string, host?: string): Promise<Seen | null>;
  restartMaster(down: () => Promise<void>): Promise<void>;
}

async function bench(): Promise<Bench> {
  const both = await nodes(OBJECTS);
  const { root, agent, master, masterPort: port } = both;
  await master.start();
  await writeOwnFiles(agent.folder, port);
  const ca = await Deno.readTextFile(`${root}/ca.crt`);
  const endpoint = { name: "master", host: "127.0.0.1", port };
  const connect = (credentials: Partial<Credentials>) =>
    ApiConnection.open(endpoint, { ca, ...credentials });
  return {
    root,
    parent: `master=127.0.0.1:${port}`,
    dataDir: agent.folder.root,
    connect,
    async seen(service, host = "agent") {
      const connection = await connect({ user: "reader", password: "reader" });
      const { body } = await connection.ask("GET", `/v1/objects/services/${host}!${service}`);
      connection.close();
      return JSON.parse(body).results[0].attrs.last_check_result;
    },
    async restartMaster(down) {
      await master.stop();
      await down();
      await master.start();
    },
    [Symbol.asyncDispose]: () => both[Symbol.asyncDispose](),
  };
}

async function eventually<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (const end = Date.now() + 60_000;;) {
    const found = await Promise.resolve().then(look).catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An agent with the Icinga daemon on a simulated service, and the report; each thread with its own permissions. */
async function withAgent(
  given: Record<string, unknown>,
  test: (agent: Agent, log: LogEntry[]) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const log: LogEntry[] = [];
  const config = {
    ...defaultConfig(),
    daemons: {
      icinga_agent_service: { ...defaultDaemonConfig(), arguments: { interval: "200ms" } },
      icinga_report: { ...defaultDaemonConfig(), arguments: { every: "2s", ...given } },
    },
  };
  const daemons = await new Registry(home).resolve({ config, describe: String });
  const serviceManager = {
    kind: "simulated",
    scenario: { crashEvery: 8_000, refuseStarts: 99 },
  } as const;
  const agent = new Agent({
    ...{ config, daemons, home, serviceManager },
    log: (entry) => void log.push(entry),
  });
  try {
    await test(agent, log);
  } finally {
    await agent.stop();
    await Deno.remove(home, { recursive: true });
  }
}

/** The arguments of the daemon that say whom to send to, as they are without a word. */
const NONE = { host: "", cert: "", key: "", ca: "", user: "", passwordFile: "", parents: [] };

const texts = (log: LogEntry[], daemon: string) =>
  log.filter(({ source }) => source.startsWith(`${daemon}::`)).map(({ message }) => message);

function testIcinga(name: string, fn: (bench: Bench) => Promise<void>): void {
  // deno-lint-ignore no-console
  if (!hasIcinga) console.log(`SKIPPED: ${name}: there is no icinga2 on this machine`);
  Deno.test({
    name: `${name} (needs icinga2)`,
    ignore: !hasIcinga,
    async fn() {
      await using made = await bench();
      await fn(made);
    },
  });
}

testIcinga(
  "a real master takes the results of an agent that is told its data folder alone",
  async (bench) => {
    await withAgent({ dataDir: bench.dataDir }, async (agent, log) => {
      const own = await eventually("the agent's result", () => bench.seen("icinga-warden"));
      assertEquals([own.check_source, own.ttl], ["agent", 5]);
      assertMatch(
        own.performance_data.join(" "),
        /restart_error=\d+;0;2;0 .*\bdaemons=2;;;0;2 .*uptime=\d+s/,
      );
      const ill = await eventually("the service's failure", async () => {
        const seen = await bench.seen("icinga-warden-service-icinga2");
        return seen?.state === 2 ? seen : undefined;
      });
      assertMatch(ill.output, /^CRITICAL: icinga2 is STOPPED/);
      const verdict = () => agent.state.map("Daemons.icinga_report.Verdict").get("now");
      const { level, text } = await eventually("a verdict", verdict) as Record<string, string>;
      assertEquals(level, "ok");
      assertMatch(text!, /^2 results sent to master \(127\.0\.0\.1:\d+\) as 'agent'$/);
      await bench.restartMaster(async () => {
        await eventually(
          "that the master is gone is told",
          () =>
            texts(log, "icinga_report").some((text) =>
              text.startsWith("Cannot send results to Icinga: master")
            ),
        );
      });
      await eventually("the results are there again", () => bench.seen("icinga-warden"));
      const told = texts(log, "icinga_report").filter((text) => text.startsWith("Cannot send"));
      assertEquals(told.length, 1);
    });
  },
);

testIcinga(
  "a user with a password sends too; what is missing is told with its definition",
  async (bench) => {
    await Deno.writeTextFile(`${bench.root}/password`, "s3cret\n");
    const user = { user: "sender", passwordFile: `${bench.root}/password` };
    const given = { ...user, parents: [bench.parent], host: "other", ca: `${bench.root}/ca.crt` };
    await withAgent(given, async (_, log) => {
      await eventually("the result", () => bench.seen("icinga-warden", "other"));
      await eventually("what is missing", () =>
        texts(log, "icinga_report").includes(
          "Icinga has no service 'other!icinga-warden-service-icinga2', or the filter of ApiUser 'sender' " +
            'excludes it (404); add: object Service "icinga-warden-service-icinga2" ' +
            '{ import "icinga-warden-passive"; host_name = "other" }',
        ));
    });
  },
);

testIcinga(
  "one host cannot write the results of another, and who lacks the permission is told",
  async (bench) => {
    const access = await reportAccess({ ...NONE, dataDir: bench.dataDir }, bench.root);
    const post = async (host: string, credentials: Partial<Credentials>) => {
      const connection = await bench.connect(credentials);
      const { code } = await sendResult(connection, {
        ...{ host, service: "icinga-warden", exitStatus: 0, output: "OK: false", performance: [] },
        ...{ source: host, ttl: 10 },
      });
      connection.close();
      return code;
    };
    assertEquals(await post("other", access.credentials), 404);
    assertEquals(await bench.seen("icinga-warden", "other"), null);
    assertEquals(await post("agent", access.credentials), 200);
    await Deno.writeTextFile(`${bench.root}/password`, "blind\n");
    const user = { user: "blind", passwordFile: `${bench.root}/password` };
    await withAgent({ ...user, dataDir: bench.dataDir }, async (_, log) => {
      await eventually("the permission", () =>
        texts(log, "icinga_report").includes(
          "ApiUser 'blind' lacks the permission \"actions/process-check-result\" for 'agent!icinga-warden' (404); " +
            "add it to its permissions",
        ));
    });
  },
);

testIcinga(
  "a host whose certificate is not accepted is told so, and what may be missing",
  async (bench) => {
    const { root } = bench;
    // Icinga takes an expired one for no certificate at all.
    await makeCertificate(root, "agent", { ca: "ca", days: -1 });
    const old = { cert: `${root}/agent.crt`, key: `${root}/agent.key`, dataDir: bench.dataDir };
    const expired = await reportAccess({ ...NONE, ...old }, root);
    const [parent] = expired.parents;
    const refused = "it does not accept this host's certificate (401)";
    await assertRejects(() => introduce(parent!, expired), Error, refused);
    // Of another CA: the host's certificate, and the parent's for a host that knows that CA alone.
    await makeCa(root, "other");
    await makeCertificate(root, "agent", { ca: "other" });
    const foreign = await reportAccess({ ...NONE, ...old }, root);
    await assertRejects(() => introduce(parent!, foreign), Error, refused);
    const distrustful = await reportAccess({ ...NONE, ...old, ca: `${root}/other.crt` }, root);
    const unsigned = "its certificate is not signed by this CA";
    await assertRejects(() => introduce(parent!, distrustful), Error, unsigned);
    const misnamed = { ...parent!, name: "master2" };
    const named = "its certificate is not for the endpoint's name 'master2'";
    await assertRejects(() => introduce(misnamed, foreign), Error, named);
    await makeCertificate(root, "stranger", { ca: "ca" });
    const files = { cert: `${root}/stranger.crt`, key: `${root}/stranger.key` };
    await withAgent({ ...files, dataDir: bench.dataDir, host: "stranger" }, async (_, log) => {
      await eventually(
        "the user",
        () =>
          texts(log, "icinga_report").some((text) =>
            /certificate \(401\): .* no ApiUser there: object ApiUser "stranger" \{ client_cn = "stranger"/
              .test(text)
          ),
      );
    });
  },
);
