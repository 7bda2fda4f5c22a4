import { assertEquals, assertMatch } from "@std/assert";
import { hasIcinga, nodes } from "../icinga/nodes.ts";
import { testExe } from "./program.ts";
import { tellSkipped } from "../skipped.ts";

if (hasIcinga) {
  testExe(
    "an invalid configuration of a real Icinga 2 is told with file and line, and not restarted until it is mended",
    async (bench) => {
      await using both = await nodes();
      const { folder, config } = both.agent;
      const given = { interval: "200ms", backoff: "0s", dataDir: folder.root };
      await bench.write(
        "icinga-warden.json",
        JSON.stringify({
          daemons: { icinga_agent_service: { arguments: given } },
          control: { listen: "127.0.0.1:0" },
        }),
      );
      const text = await Deno.readTextFile(config);
      await Deno.writeTextFile(config, `${text}object Host {`);
      const agent = bench.start("run", "--foreground", "--simulate", "--scenario", "crash=7s");
      await agent.printed(/is not restarted: its configuration is invalid: .*icinga2\.conf:\d+/);
      const { code, stdout } = await bench.run("check");
      assertEquals(code, 2);
      assertMatch(
        stdout,
        /^CRITICAL: icinga2 is STOPPED: its configuration is invalid \(.*icinga2\.conf:\d+: syntax error/,
      );
      await Deno.writeTextFile(config, text);
      await agent.printed(/Service 'icinga2' is restarted again/);
    },
  );
} else {
  tellSkipped("the invalid configuration of a real Icinga 2", "there is no icinga2");
  Deno.test({ name: "an invalid configuration of a real Icinga 2", ignore: true, fn: () => {} });
}
