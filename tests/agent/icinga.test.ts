import { assertEquals, assertMatch } from "@std/assert";
import { SAMPLE_EVERY, watchIcinga } from "../../lib/agent/icinga.ts";
import { Agent } from "../../lib/agent/agent.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { defaultConfig } from "../../lib/config/mod.ts";
import type { IcingaSample } from "../../lib/icinga/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { Registry } from "../../lib/registry/mod.ts";
import { fixture } from "../icinga/fixture.ts";

/** Runs the watch on a clock that is moved by hand. */
function watching(dataDir: string) {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  const records: string[] = [];
  const stop = new AbortController();
  const services = [{ service: "Icinga2", dataDir }];
  const agent = { state, icinga: () => services };
  const log = ({ message }: { message: string }) => void records.push(message);
  const done = watchIcinga({ agent, log, clock } as never, stop.signal);
  const host = state.map<string, IcingaSample>("Agent.Host");
  return {
    records,
    services,
    host,
    /** Lets time pass until what is seen is as it should be. */
    async until(is: () => boolean) {
      for (let i = 0; i < 200 && !is(); i++) {
        await clock.advance(SAMPLE_EVERY);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assertEquals(is(), true);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
      state.close();
    },
  };
}

Deno.test("what is seen of Icinga 2 is shared under the service's name, as long as a daemon keeps it running", async () => {
  await using made = await fixture();
  const { root } = made.folder;
  await using watch = watching(root);
  await watch.until(() => watch.records.length > 0);
  assertMatch(watch.records[0]!, /^There is no .*icinga2: Icinga 2's own state is not looked at$/);
  assertEquals(watch.host.size, 0);
  await made.write("var/lib/icinga2/icinga2.state", "{}");
  await watch.until(() => watch.host.get("icinga2")?.stateFile !== undefined);
  await watch.until(() => watch.host.get("icinga2")!.stateFile!.unchanged > 100);
  assertEquals(watch.host.get("icinga2")!.dataDir, root);
  watch.services.pop();
  await watch.until(() => watch.host.size === 0);
  assertEquals(watch.records.length, 1);
});

Deno.test("of a simulated service nothing is looked at, unless it names a folder", async () => {
  const config = defaultConfig();
  const services = async (given: Record<string, unknown>, isWindows: boolean) => {
    config.daemons.icinga_agent_service!.arguments = given;
    const loaded = { config, describe: () => "" };
    const daemons = new Registry("/nowhere").resolveBuiltin(loaded);
    const home = await Deno.makeTempDir();
    const agent = new Agent({
      config: { ...config, daemons: {} },
      daemons: daemons.map((daemon) => ({ ...daemon, url: "data:text/javascript,0" })),
      home,
      serviceManager: isWindows
        ? { kind: "windows", systemRoot: home }
        : { kind: "simulated", scenario: {} },
      log: () => {},
    });
    const found = agent.icinga();
    await agent.stop();
    await Deno.remove(home, { recursive: true });
    return found;
  };
  assertEquals(await services({}, false), []);
  assertEquals(await services({}, true), [{ service: "icinga2", dataDir: "" }]);
  const own = { service: "Mine", dataDir: "/srv" };
  assertEquals(await services(own, false), [own]);
});
