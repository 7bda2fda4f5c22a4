import { assertEquals, assertMatch } from "@std/assert";
import { HOLD_TIME, type IcingaHost, watchIcinga } from "../../lib/agent/icinga.ts";
import { Agent } from "../../lib/agent/agent.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { defaultConfig } from "../../lib/config/mod.ts";
import type { IcingaSample, Validation } from "../../lib/icinga/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { Registry } from "../../lib/registry/mod.ts";
import { fixture } from "../icinga/fixture.ts";

/** Runs the watch on a clock that is moved by hand. */
function watching(dataDir: string, host: Partial<IcingaHost> = {}) {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  const records: string[] = [];
  const stop = new AbortController();
  const services = [{ daemon: "d", service: "Icinga2", dataDir }];
  const none = () => Promise.resolve(undefined);
  const hostOf = () =>
    Promise.resolve({
      sources: { tree: none, connections: () => Promise.resolve([]) },
      validate: () => Promise.resolve({ is: "valid", text: "" } as Validation),
      holder: none,
      ...host,
    });
  const agent = { state, icinga: () => services };
  const log = ({ message }: { message: string }) => void records.push(message);
  const done = watchIcinga({ agent, log, clock, hostOf } as never, stop.signal);
  const shared = state.map<string, IcingaSample>("Agent.Host");
  return {
    records,
    services,
    host: shared,
    clock,
    stats: state.map<string, unknown>("Daemons.d.ServiceStats"),
    service: state.map<string, unknown>("Daemons.d.ServiceState"),
    diagnosis: () => shared.get("icinga2")?.diagnosis,
    /** Lets time pass until what is seen is as it should be. */
    async until(is: () => boolean) {
      for (let i = 0; i < 2_000 && !is(); i++) {
        // What is real, such as a file, takes no time of this clock.
        if (clock.nextWake === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
        else await clock.advance(clock.nextWake - clock.now());
      }
      assertEquals(is(), true, records.join("\n"));
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
    // What an installation of an earlier version grants stays enough.
    config.daemons.icinga_agent_service!.permissions = { services: true };
    const loaded = { config, describe: () => "" };
    const daemons = new Registry("/nowhere").resolveBuiltin(loaded);
    assertEquals(daemons.map(({ problem }) => problem), [undefined]);
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
  assertEquals(await services({}, true), [{
    daemon: "icinga_agent_service",
    service: "icinga2",
    dataDir: "",
  }]);
  const own = { service: "Mine", dataDir: "/srv" };
  assertEquals(await services(own, false), [{ daemon: "icinga_agent_service", ...own }]);
});

Deno.test("a stop that is over and that nothing explains is said, and no matter of the present", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "{}");
  await using watch = watching(made.folder.root);
  watch.service.set("value", "RUNNING");
  await watch.until(() => watch.host.size > 0);
  for (const restarts of [1, 2]) watch.stats.set("Icinga2", { restarts, restartFailures: 0 });
  await watch.until(() => watch.records.length > 0);
  assertMatch(watch.records[0]!, /^Service 'Icinga2': it stopped, and nothing says why; /);
  const until = watch.clock.now() + 60_000;
  await watch.until(() => watch.clock.now() > until);
  assertEquals(watch.diagnosis(), undefined);
});

Deno.test("a stop is explained once; an invalid configuration holds until a file changes or 10 min have passed", async () => {
  await using made = await fixture();
  const config = await made.write("etc/icinga2/icinga2.conf", "bad", 60_000);
  await made.write("var/lib/icinga2/icinga2.state", "{}");
  let valid = false, validated = 0;
  await using watch = watching(made.folder.root, {
    validate() {
      validated++;
      const invalid = { is: "invalid", text: "syntax error", place: `${config}:1` } as const;
      return Promise.resolve(valid ? { is: "valid", text: "" } : invalid);
    },
  });
  const { service, diagnosis, until } = watch;
  service.set("value", "RUNNING");
  await until(() => watch.host.size > 0);
  assertEquals([diagnosis(), validated], [undefined, 0]);

  // It was down for a moment only, which the counts tell: that is enough.
  const stats = { restarts: 1, restartFailures: 0 };
  watch.stats.set("Icinga2", stats);
  watch.stats.set("Icinga2", { ...stats, restarts: 2 });
  await until(() => diagnosis() !== undefined);
  service.set("value", "STOPPED");
  await until(() => diagnosis()?.hold === true && validated === 2);
  assertEquals(diagnosis()!.evidence, [`${config}:1: syntax error`]);
  assertMatch(
    watch.records[0]!,
    /^Service 'Icinga2': its configuration is invalid; .*:1: syntax error; mend the file/,
  );
  const began = watch.clock.now();
  await until(() => diagnosis()?.hold === false);
  const held = watch.clock.now() - began;
  assertEquals(held > HOLD_TIME - 30_000 && held < HOLD_TIME + 30_000, true, `${held} ms`);

  // It stays down: looked at again, and held again. A change of a file ends that at once.
  await until(() => diagnosis()?.hold === true);
  assertEquals(validated, 3);
  valid = true;
  await made.write("etc/icinga2/icinga2.conf", "good");
  const changed = watch.clock.now();
  await until(() => diagnosis()?.hold === false);
  assertEquals(watch.clock.now() - changed <= 15_000, true);
  service.set("value", "RUNNING");
  await until(() => diagnosis() === undefined);
  assertEquals(watch.records.length, 1);
});
