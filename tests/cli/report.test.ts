import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { type Report, UsageError } from "../../lib/cli/command.ts";
import { exampleAction, exampleObjects } from "../../lib/cli/commands/report_example.ts";
import { parse } from "../../lib/cli/parse.ts";
import { ApiConnection, sendResult } from "../../lib/icinga/mod.ts";
import { withControl } from "../control/served.ts";
import { hasIcinga, nodes, writeOwnFiles } from "../icinga/nodes.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function report(home: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", main, "report", ...args, "--home", home],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

/** Hosts that take part, and who may read what came. */
const HOSTS = `
include <itl>
object CheckerComponent "checker" { }
object Host "agent" {
  check_command = "dummy"
  vars.icinga_warden = true
  vars.icinga_warden_services = [ "icinga2", "MSSQL_SQLEXPRESS" ]
  vars.icinga_warden_daemons = [ "disk_watch" ]
}
object Host "linux" { check_command = "dummy" }
object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/*" ] }
`;

Deno.test("the example has a user for each host, from words and from a file, each once", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/hosts`, "# all\r\nb\r\n\r\nc\r\n");
  const { code, out } = await report(home, "example", "a", "b", "--hosts", `${home}/hosts`);
  assertEquals([code, out], [0, `${exampleObjects(["a", "b", "c"])}\n`]);
  assertEquals(out.match(/^object ApiUser "\w+"/gm)?.length, 3);
  for (const args of [["example"], ["example", "--hosts", `${home}/none`]]) {
    const { code, out, error } = await report(home, ...args);
    assertEquals([code, out], [2, ""]);
    assertMatch(error, /names of hosts|Flag '--hosts': cannot read .*none/);
  }
  await Deno.writeTextFile(`${home}/hosts`, "b\nweb1;web2\nx y\n");
  for (
    const [args, place] of [
      [["web1,web2"], "'report example': 'web1,web2'"],
      [["web1", ""], "'report example': ''"],
      [["web1 web2"], "'report example': 'web1 web2'"],
      [["a", "--hosts", `${home}/hosts`], `Flag '--hosts': ${home}/hosts: 'web1;web2'`],
    ] as const
  ) {
    const { code, out, error } = await report(home, "example", ...args);
    assertEquals([code, out], [2, ""]);
    assertStringIncludes(error, `${place} is no name of a host; expected one such as`);
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("the basket for the Director has the template and the rules, and no users", async () => {
  const home = await Deno.makeTempDir();
  const { code, out } = await report(home, "example", "--format", "basket");
  assertEquals(code, 0);
  const { Datafield, ExternalCommand, HostTemplate, ServiceTemplate, ServiceSet, ...others } = JSON
    .parse(out);
  assertEquals(others, {});
  assertEquals(Object.keys(ExternalCommand), ["passive"]);
  const fields = HostTemplate["icinga-warden"].fields.map((
    { datafield_id }: { datafield_id: number },
  ) => Datafield[datafield_id].varname);
  assertEquals(fields, ["icinga_warden_services", "icinga_warden_daemons"]);
  assertEquals(ServiceTemplate["icinga-warden-passive"], {
    ...{ object_name: "icinga-warden-passive", object_type: "template", check_command: "passive" },
    ...{ check_interval: "900", retry_interval: "900", max_check_attempts: "1" },
    ...{ use_agent: false, fields: [] },
  });
  const { vars, fields: [first] } = HostTemplate["icinga-warden"];
  assertEquals(vars, { icinga_warden: true, icinga_warden_services: ["icinga2"] });
  assertEquals(first, { datafield_id: 1, is_required: "n", var_filter: null });
  assertEquals(Object.keys(Datafield), ["1", "2"]);
  // What each object is called by is its key too.
  for (const objects of [ExternalCommand, HostTemplate, ServiceTemplate, ServiceSet]) {
    for (const [key, { object_name }] of Object.entries<{ object_name: string }>(objects)) {
      assertEquals(object_name, key);
    }
  }
  const rules = exampleObjects(["a"]).matchAll(
    /^apply Service "(.*?)"(?: for \(name in (.*)\))?/gm,
  );
  assertEquals(
    ServiceSet["icinga-warden"].services.map((
      { object_name, apply_for }: Record<string, string>,
    ) => [object_name, apply_for]),
    [...rules].map(([, name, list]) => [name, list]),
  );
  for (const [args, why] of [["a", /takes no hosts/], ["--hosts=x", /cannot read x/]] as const) {
    const { code, error } = await report(home, "example", "--format", "basket", args);
    assertEquals(code, 2);
    assertMatch(error, why);
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("a host has a name of 1 to 253 letters, and the example each host once", async () => {
  const file = await Deno.makeTempFile();
  const example = async (...args: string[]) =>
    (await exampleAction.run(parse(args, exampleAction.flags!, "report")) as Report).json;
  const longest = "x".repeat(253);
  const hosts = ["Größe_1", "_::1", "a.b-c:d_e", longest];
  assertEquals(await example(...hosts), { hosts, text: exampleObjects(hosts) });
  for (const host of [`${longest}x`, ".a", "-", ":1", "a b"]) {
    await Deno.writeTextFile(file, host);
    await assertRejects(() => example("--hosts", file), UsageError, "is no name of a host");
  }
  for (const text of ["", "\ufeff", "# none\r\n"]) {
    await Deno.writeTextFile(file, text);
    await assertRejects(() => example("--hosts", file), UsageError, `${file} names no host; `);
  }
  await Deno.writeFile(file, Uint8Array.of(0x61, 0xff));
  await assertRejects(() => example("--hosts", file), UsageError, "byte 0xFF is not UTF-8; save");
  await Deno.writeFile(file, Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x0d, 0, 0x0a, 0, 0x62, 0));
  const { hosts: wide } = await example("--hosts", file) as { hosts: string[] };
  assertEquals(wide, ["a", "b"], "UTF-16");
  await Deno.remove(file);
  await assertRejects(() => example("--hosts", file), UsageError, `${file}: it does not exist`);
  await Deno.writeTextFile(file, "  a \n # none\n#b\nc\na\n");
  const { hosts: listed } = await example("c", "--hosts", file) as { hosts: string[] };
  assertEquals(listed, ["c", "a"]);
  assertStringIncludes(exampleObjects(["a"]), "check_interval = 15m\n  retry_interval = 15m\n");
  await Deno.remove(file);
});

Deno.test("the users of the hosts are printed alone", async () => {
  const home = await Deno.makeTempDir();
  const { out } = await report(home, "example", "--format", "users", "a", "b");
  const all = exampleObjects(["a", "b"]);
  assertEquals(out, `${all.slice(all.indexOf("// One user a host"))}\n`);
  const { code, error } = await report(home, "example", "--format", "user", "a");
  assertEquals([code, error.includes("expected one of all, users, basket")], [2, true]);
  await Deno.remove(home, { recursive: true });
});

// deno-lint-ignore no-console
if (!hasIcinga) console.log("SKIPPED: the tests of report: there is no icinga2 on this machine");

Deno.test({
  name:
    "a real Icinga takes the example; an old result is UNKNOWN, and not without active checks (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    const mute =
      'object Service "mute" { import "icinga-warden-passive"; host_name = "agent"; enable_active_checks = false }';
    const example = exampleObjects(["agent", 'odd "name"', "c"]);
    await using both = await nodes(`${HOSTS}${example}\n${mute}\n`);
    const { root, master, masterPort: port } = both;
    await master.start();
    const read = (file: string) => Deno.readTextFile(`${root}/${file}`);
    const ca = await read("ca.crt");
    const endpoint = { name: "master", host: "127.0.0.1", port };
    const ask = async (path: string) => {
      const reader = await ApiConnection.open(endpoint, { ca, user: "reader", password: "reader" });
      const { body } = await reader.ask("GET", path);
      reader.close();
      return JSON.parse(body).results.map(({ name, attrs }: Record<string, object>) => ({
        name,
        ...attrs,
      }));
    };
    const services = await ask("/v1/objects/services?attrs=name");
    assertEquals(services.map(({ name }: { name: string }) => name).sort(), [
      "icinga-warden",
      "icinga-warden-daemon-disk_watch",
      "icinga-warden-service-MSSQL_SQLEXPRESS",
      "icinga-warden-service-icinga2",
      "mute",
    ]);
    const own = { ca, cert: await read("agent.crt"), key: await read("agent.key") };
    const connection = await ApiConnection.open(endpoint, own);
    for (const service of ["mute", "icinga-warden"]) {
      const { code } = await sendResult(connection, {
        ...{ host: "agent", service, exitStatus: 0, output: "OK: well" },
        ...{ performance: [], source: "agent", ttl: 3 },
      });
      assertEquals(code, 200);
    }
    connection.close();
    const state = async (service = "icinga-warden") => {
      const [found] = await ask(`/v1/objects/services/agent!${service}`);
      return [found.state, found.last_check_result.output];
    };
    assertEquals(await state(), [0, "OK: well"]);
    for (const end = Date.now() + 60_000; (await state())[0] !== 3;) {
      assertEquals(Date.now() < end, true, "the result is not too old after 60 s");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assertMatch((await state())[1], /^No Passive Check Result Received/);
    // It was sent before with the same ttl: Icinga looks at no freshness here, as docs/fleet.md says.
    assertEquals(await state("mute"), [0, "OK: well"]);
  },
});

Deno.test({
  name:
    "report test says who answers, as whom, and what became of one result; what is wrong is a line (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes(`${HOSTS}${exampleObjects(["agent"])}
object ApiUser "full" { password = "full"; permissions = [ "*" ] }
object ApiUser "blind" { password = "blind"; permissions = [ "status/query" ] }
`);
    const { root, master, agent, masterPort } = both;
    const configure = (given: object) =>
      Deno.writeTextFile(
        `${root}/icinga-warden.json`,
        JSON.stringify({
          daemons: { icinga_report: { arguments: { dataDir: agent.folder.root, ...given } } },
        }),
      );
    await configure({});
    const lost = await report(root, "test");
    assertEquals([lost.code, lost.out], [1, ""]);
    assertMatch(lost.error, /do not tell this node's name; name the host object/);
    await writeOwnFiles(agent.folder, masterPort);
    const down = await report(root, "test");
    assertEquals(down.code, 1);
    assertMatch(down.out, /^master \(127\.0\.0\.1:\d+\): .*refused/im);

    await master.start();
    const well = await report(root, "test");
    assertEquals([well.code, well.error], [0, ""]);
    const [answers, permissions, sent, back] = well.out.split("\n");
    assertMatch(
      answers!,
      /^master \(127.*\) answers, Icinga r2\.\S+; this host is ApiUser 'agent'/,
    );
    assertEquals(permissions, "permissions: actions/process-check-result (filtered)");
    assertMatch(sent!, /^sent to agent!icinga-warden: UNKNOWN: The agent is not running/);
    assertEquals(back, 'not read back: this needs the permission "objects/query/Service"');

    await withControl(async ({ home }) => {
      await Deno.copyFile(`${root}/icinga-warden.json`, `${home}/icinga-warden.json`);
      const { code, out, error } = await report(home, "test");
      assertEquals([code, error], [0, ""]);
      assertMatch(out, /^sent to agent!icinga-warden: OK: icinga2 is RUNNING/m);
    });

    await Deno.writeTextFile(`${root}/full`, "full\n");
    await configure({ user: "full", passwordFile: "full" });
    assertStringIncludes(
      (await report(root, "test")).out,
      "\nread back: UNKNOWN: The agent is not",
    );
    await configure({ user: "full", passwordFile: "full", host: "windows9" });
    const missing = await report(root, "test", "--json");
    assertEquals([missing.code, JSON.parse(missing.out).taken], [1, false]);
    assertMatch(missing.out, /Icinga has no service 'windows9!icinga-warden'/);
    await configure({ user: "blind", passwordFile: "full" });
    assertMatch((await report(root, "test")).out, /does not know ApiUser 'blind', or the password/);
  },
});
