import { assertEquals, assertMatch } from "@std/assert";
import { exampleObjects } from "../../lib/cli/report/example.ts";
import { ApiConnection } from "../../lib/icinga/mod.ts";
import { nodes, writeOwnFiles } from "../icinga/nodes.ts";
import { eventually, startAgent, testWith } from "./tool.ts";

testWith(
  ["icinga2", "openssl"],
  "docs/fleet.md's commands bring the results of a running agent to a real Icinga",
  async (bench) => {
    await using both = await nodes(`
include <itl>
object Host "agent" { check_command = "dummy"; vars.icinga_warden = true }
object ApiUser "reader" { password = "reader"; permissions = [ "objects/query/Service" ] }
${exampleObjects(["agent"])}`);
    const { root, master, agent: { folder }, masterPort: port } = both;
    await master.start();
    await writeOwnFiles(folder, port);
    await startAgent(bench, "crash=1h", { listen: "127.0.0.1:0" });
    const given = ["every=2s", `dataDir=${folder.root}`, "--grant"];
    const { code, stderr } = await bench.run("daemon", "register", "icinga_report", ...given);
    assertEquals([code, stderr], [0, ""]);
    const ca = await Deno.readTextFile(`${root}/ca.crt`);
    await eventually(async () => {
      const endpoint = { name: "master", host: "127.0.0.1", port };
      const reader = await ApiConnection.open(endpoint, { ca, user: "reader", password: "reader" });
      const { body } = await reader.ask("GET", "/v1/objects/services/agent!icinga-warden");
      reader.close();
      const { last_check_result: result } = JSON.parse(body).results[0].attrs;
      assertMatch(result.output, /^OK: icinga2 is RUNNING, 2 of 2 daemons run\n/);
    });
    const tried = await bench.run("report", "test");
    assertEquals([tried.code, tried.stderr], [0, ""]);
    assertMatch(tried.stdout, /^sent to agent!icinga-warden: OK: icinga2 is RUNNING, 2 of 2/m);
  },
);
