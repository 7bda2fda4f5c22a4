import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { watchIcinga } from "../../lib/agent/icinga.ts";
import { foreignProgram, type IcingaHost } from "../../lib/agent/icinga_host.ts";
import { Agent } from "../../lib/agent/agent.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { defaultConfig } from "../../lib/config/mod.ts";
import type { IcingaSample, Validation } from "../../lib/icinga/mod.ts";
import { type Target, targetsOf } from "../../lib/agent/mod.ts";
import { builtinArguments } from "../../daemons/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { Registry } from "../../lib/registry/mod.ts";
import { type Fixture, fixture } from "../icinga/fixture.ts";

/** Runs the watch on a clock that is moved by hand. */
function watching(
  dataDir: string,
  host: Partial<IcingaHost> = {},
  change: Partial<Target> = {},
) {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  const records: string[] = [];
  const stop = new AbortController();
  const look = { look: "icinga", repair: [], mode: "act" } as const;
  const services = [{ daemon: "d", service: "Icinga2", dataDir, ...look, ...change }];
  const none = () => Promise.resolve(undefined);
  const hostOf = () =>
    Promise.resolve({
      sources: { tree: none, connections: () => Promise.resolve([]) },
      validate: () => Promise.resolve({ is: "valid", text: "" } as Validation),
      holder: none,
      ...host,
    });
  const agent = { state, icinga: () => services };
  const levels: string[] = [];
  const log = ({ message, level }: { message: string; level: string }) => {
    records.push(message);
    levels.push(level);
  };
  const done = watchIcinga({ agent, log, clock, hostOf } as never, stop.signal);
  const shared = state.map<string, IcingaSample>("Agent.Host");
  return {
    records,
    levels,
    state,
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
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await watch.until(() => watch.host.get("icinga2")?.stateFile !== undefined);
  await watch.until(() => watch.host.get("icinga2")!.stateFile!.unchanged > 100);
  assertEquals(watch.host.get("icinga2")!.dataDir, root);
  watch.services.pop();
  await watch.until(() => watch.host.size === 0);
  assertEquals(watch.records.length, 1);
});

Deno.test("a service that cannot be looked at hides no other, and each is said once", async () => {
  await using made = await fixture();
  const { root } = made.folder;
  const file = await made.write("file", "");
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await using watch = watching(file, {}, { service: "a" });
  const [other] = watch.services;
  for (const [service, dataDir] of [["b", `${root}/x`], ["c", `${root}/y`], ["d", root]] as const) {
    watch.services.push({ ...other!, service, dataDir });
  }
  await watch.until(() => (watch.host.get("d")?.stateFile?.unchanged ?? 0) > 100);
  assertEquals(watch.records.length, 3, watch.records.join("\n"));
  assertMatch(watch.records[0]!, /^Icinga 2 of service 'a' cannot be looked at: /);
});

Deno.test("a stop is explained by the event log where Icinga writes there", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  const events = (since: number) => {
    const at = new Date(since + 1_000).toISOString().replace("T", " ").slice(0, 19);
    return Promise.resolve(`[${at} +0000] critical/Main: out of luck\n`);
  };
  const none = () => Promise.resolve(undefined);
  const sources = { tree: none, connections: () => Promise.resolve([]), events };
  await using watch = watching(made.folder.root, { sources });
  watch.service.set("value", "RUNNING");
  await watch.until(() => watch.host.size > 0);
  watch.service.set("value", "STOPPED");
  await watch.until(() => watch.diagnosis() !== undefined);
  assertEquals(watch.diagnosis()!.evidence, ["log: Main: out of luck"]);
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
    ...{ service: "icinga2", dataDir: "", look: "icinga", repair: [], mode: "act" },
  }]);
  const own = {
    service: "Mine",
    dataDir: "/srv",
    repair: ["state-file"],
    mode: "stopped",
  } as const;
  assertEquals(await services(own, false), [
    { daemon: "icinga_agent_service", ...own, look: "icinga" },
  ]);
});

Deno.test("of a list of services those are looked at for which the arguments name something", () => {
  const services = ["Spooler", "icinga2"];
  const specs = builtinArguments.get("service_watch")!;
  const looks = (given: Record<string, unknown>) =>
    targetsOf(specs, { services, ...given }).map(({ service, look }) => `${service} ${look}`);
  assertEquals(looks({}), []);
  assertEquals(looks({ probes: ["memory limit=1GB", " cpu limit=80"] }), [
    "Spooler processes",
    "icinga2 processes",
  ]);
  const icinga = ["Spooler icinga", "icinga2 icinga"];
  assertEquals(looks({ probes: ["memory limit=1GB", "disk"] }), icinga);
  assertEquals(looks({ repair: ["state-file"] }), icinga);
  assertEquals(looks({ dataDir: "D:\\icinga" }), icinga);
  assertEquals(targetsOf(builtinArguments.get("icinga_report")!, {}), []);
});

Deno.test("of a service whose processes alone are looked at nothing else is, and it needs no folder", async () => {
  const tree = () => Promise.resolve({ pids: new Set([1]), memory: 7 });
  const sources = { tree, connections: () => Promise.resolve([]) };
  const validate = () => Promise.reject(new Error("it is not to be called"));
  const target = { look: "processes" } as const;
  await using watch = watching("/nowhere", { sources, validate }, target);
  watch.service.set("Icinga2", { value: "STOPPED", restart_error: 0 });
  await watch.until(() => watch.host.size > 0);
  const { tree: found, unknown } = watch.host.get("icinga2")!;
  assertEquals([found, unknown], [{ processes: 1, memory: 7 }, {}]);
  const until = watch.clock.now() + 120_000;
  await watch.until(() => watch.clock.now() > until);
  assertEquals([watch.diagnosis(), watch.records], [undefined, []]);
});

const STATE = "var/lib/icinga2/icinga2.state";

/** The files beside the state file that were kept. */
async function kept({ folder }: Fixture): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder.data))).map(({ name }) => name);
  return names.filter((name) => name.startsWith("icinga2.state.")).sort();
}

Deno.test("a damaged state file is moved aside once, where repair names it, and the service is started", async () => {
  await using made = await fixture();
  await made.write(STATE, "5:{...");
  await using watch = watching(made.folder.root, {}, { repair: ["state-file"] });
  const { service, diagnosis, until, state } = watch;
  // Whatever leaves the service alone.
  const reasons = [["ServicePauses", "icinga2"], ["Maintenance", "paused"], ["Aside", "installing"]]
    .map(([map, key]) => ({ map: state.map<string, unknown>(`Agent.${map}`), key: key! }));
  for (const { map, key } of reasons) map.set(key, {});
  service.set("value", "STOPPED");
  await until(() => diagnosis() !== undefined);
  for (const { map, key } of reasons) {
    const pausedUntil = watch.clock.now() + 60_000;
    await until(() => watch.clock.now() > pausedUntil);
    assertEquals([diagnosis()!.hold, await kept(made)], [true, []], key);
    map.delete(key);
  }
  await until(() => diagnosis()!.mended !== undefined);
  const [file] = await kept(made);
  assertMatch(file!, /^icinga2\.state\.\d{8}T\d{6}Z$/);
  assertEquals(await Deno.readTextFile(join(made.folder.data, file!)), "5:{...");
  const { what, hold, evidence } = diagnosis()!;
  assertEquals([what, hold], ["its state file is corrupt", false]);
  assertMatch(evidence.at(-1)!, /^it was moved aside, and is kept as .*icinga2\.state\.2/);
  assertMatch(watch.records.at(-1)!, /^Service 'Icinga2': its state file is corrupt; it was moved/);
  // The service takes its time to start.
  const startedAt = watch.clock.now() + 60_000;
  await until(() => watch.clock.now() > startedAt);
  assertEquals([watch.records.length, diagnosis()!.advice], [
    2,
    "nothing, if the service runs; what the file held is gone",
  ]);

  // Again at once: that is told. Again after it has run well: moved aside.
  const stopAgain = async () => {
    const before = diagnosis()?.since;
    await made.write(STATE, "");
    service.set("value", "STOPPED");
    await until(() => diagnosis() !== undefined && diagnosis()!.since !== before);
  };
  service.set("value", "RUNNING");
  await stopAgain();
  assertEquals([diagnosis()!.what, (await kept(made)).length], ["its state file is empty", 1]);
  assertMatch(diagnosis()!.evidence.at(-1)!, /^one was moved aside already/);
  service.set("value", "RUNNING");
  await until(() => diagnosis() === undefined);
  // The name of what is kept has the second in it.
  await Deno.remove(join(made.folder.data, file!));
  await stopAgain();
  await until(() => diagnosis()!.mended !== undefined);
  assertEquals((await kept(made)).length, 1);
});

Deno.test("a state file that is no longer damaged stays where it is", async () => {
  await using made = await fixture();
  await made.write(STATE, "5:{...");
  await using watch = watching(made.folder.root, {}, { repair: ["state-file"] });
  const { service, diagnosis, until } = watch;
  const pauses = watch.state.map<string, unknown>("Agent.ServicePauses");
  pauses.set("icinga2", {});
  service.set("value", "STOPPED");
  await until(() => diagnosis()?.hold === true);
  // A person puts another one there, and the service stops for another reason.
  await made.write(STATE, "2:{},");
  service.set("value", "RUNNING");
  service.set("value", "STOPPED");
  await until(() => diagnosis()?.hold === false);
  pauses.delete("icinga2");
  const end = watch.clock.now() + 60_000;
  await until(() => watch.clock.now() > end);
  assertEquals([diagnosis()!.mended, await kept(made)], [undefined, []]);
});

Deno.test("a damaged state file is told alone without repair, in the modes observe and stopped, and where it cannot be moved", async () => {
  const cases: [change: Partial<Target>, said: RegExp][] = [
    [{}, /its state file is corrupt; .*icinga2\.state; .* or set repair to state-file$/],
    [{ repair: ["state-file"], mode: "observe" }, /; mode observe: would have moved it aside;/],
    [{ repair: ["state-file"], mode: "stopped" }, /; mode stopped: would have moved it aside;/],
  ];
  for (const [change, said] of cases) {
    await using made = await fixture();
    await made.write(STATE, "x");
    await using watch = watching(made.folder.root, {}, change);
    watch.service.set("value", "STOPPED");
    await watch.until(() => watch.diagnosis() !== undefined);
    const { hold, mended } = watch.diagnosis()!;
    assertEquals([hold, mended, await kept(made)], [false, undefined, []]);
    assertMatch(watch.records[0]!, said);
  }
  const { rename } = Deno;
  Deno.rename = () => Promise.reject(new Error("it is in use"));
  try {
    await using made = await fixture();
    await made.write(STATE, "x");
    await using watch = watching(made.folder.root, {}, { repair: ["state-file"] });
    watch.service.set("value", "STOPPED");
    await watch.until(() => watch.diagnosis()?.hold === false);
    assertMatch(watch.records.at(-1)!, /corrupt; it cannot be moved aside: it is in use$/);
    assertEquals(watch.diagnosis()!.mended, undefined);
    const end = watch.clock.now() + 60_000;
    await watch.until(() => watch.clock.now() > end);
    assertEquals(watch.records.length, 2);
  } finally {
    Deno.rename = rename;
  }
});

Deno.test("a stop that is over and that nothing explains is said, and no matter of the present", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await using watch = watching(made.folder.root);
  watch.service.set("value", "RUNNING");
  await watch.until(() => watch.host.size > 0);
  for (const restarts of [1, 2]) watch.stats.set("Icinga2", { restarts, restartFailures: 0 });
  await watch.until(() => watch.records.length > 0);
  assertMatch(watch.records[0]!, /^Service 'Icinga2': it stopped, and nothing says why; /);
  const until = watch.clock.now() + 60_000;
  await watch.until(() => watch.clock.now() > until);
  assertEquals([watch.diagnosis(), watch.levels], [undefined, ["info"]]);
});

Deno.test("a stop is explained by what has happened since the start before it", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await using watch = watching(made.folder.root);
  const restart = (restarts: number) =>
    watch.stats.set("Icinga2", { restarts, restartFailures: 0 });
  watch.service.set("value", "RUNNING");
  restart(1);
  await watch.until(() => watch.clock.now() > 120_000);
  await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.", 60_000);
  restart(2);
  await watch.until(() => watch.diagnosis()?.what === "it crashed");
  restart(3);
  await watch.until(() => watch.diagnosis() === undefined);
  assertEquals(watch.records.map((text) => text.split("; ")[0]), [
    "Service 'Icinga2': it crashed",
    "Service 'Icinga2': it stopped, and nothing says why",
  ]);
});

Deno.test("what explains a stop is kept when the service is restarted, or refuses to start", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await using watch = watching(made.folder.root);
  const count = (restarts: number, restartFailures: number) =>
    watch.stats.set("Icinga2", { restarts, restartFailures });
  const pass = async (time: number) => {
    const end = watch.clock.now() + time;
    await watch.until(() => watch.clock.now() > end);
  };
  watch.service.set("value", "RUNNING");
  count(1, 0);
  await watch.until(() => watch.host.size > 0);
  await pass(120_000);
  const report = await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.", 60_000);
  watch.service.set("value", "STOPPED");
  await watch.until(() => watch.diagnosis()?.what === "it crashed");
  count(1, 1);
  await pass(60_000);
  assertEquals(watch.diagnosis()!.what, "it crashed");
  watch.service.set("value", "RUNNING");
  count(2, 1);
  await pass(60_000);
  assertEquals(watch.diagnosis()!.what, "it crashed");
  await pass(300_000);
  assertEquals([watch.diagnosis(), watch.records.length], [undefined, 1]);
  await Deno.remove(report);
  // A stop after which a person has started it does not hide the next one, which is not in the state.
  for (const value of ["STOPPED", "RUNNING"]) watch.service.set("value", value);
  await watch.until(() => watch.records.length === 2);
  await made.write("var/log/icinga2/crash/report.2", "Caught SIGABRT.");
  count(3, 1);
  await watch.until(() => watch.diagnosis()?.what === "it crashed");
});

Deno.test("what has happened while a service was down explains no later stop", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await using watch = watching(made.folder.root);
  watch.service.set("value", "RUNNING");
  watch.service.set("value", "STOPPED");
  await watch.until(() => watch.diagnosis() !== undefined && watch.clock.now() > 120_000);
  await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.", 60_000);
  const { since } = watch.diagnosis()!;
  watch.service.set("value", "RUNNING");
  watch.service.set("value", "STOPPED");
  await watch.until(() => watch.diagnosis()!.since !== since);
  assertEquals(watch.diagnosis()!.what, "it stopped, and nothing says why");
});

Deno.test("a stop is explained once; an invalid configuration holds until a file changes or 10 min have passed", async () => {
  await using made = await fixture();
  const config = await made.write("etc/icinga2/icinga2.conf", "bad", 60_000);
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
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
    /^Service 'Icinga2': its configuration is invalid; .*:1: syntax error; correct the file/,
  );
  const began = watch.clock.now();
  await until(() => diagnosis()?.hold === false);
  const held = watch.clock.now() - began;
  assertEquals(held > 600_000 - 30_000 && held < 600_000 + 30_000, true, `${held} ms`);

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
  assertEquals(watch.levels, ["warning"]);
});

Deno.test("a folder that is gone, or cannot be read, holds its service back no longer", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  const { root, data } = made.folder;
  const invalid = { is: "invalid", text: "syntax error" } as const;
  await using watch = watching(root, { validate: () => Promise.resolve(invalid) });
  const { service, diagnosis, until, host } = watch;
  service.set("value", "STOPPED");
  for (const file of [undefined, "a file is in its place"]) {
    await until(() => diagnosis()?.hold === true);
    await Deno.rename(data, `${data}.away`);
    const above = join(root, "var", "lib");
    if (file !== undefined) {
      await Deno.rename(above, `${above}.away`);
      await Deno.writeTextFile(above, file);
    }
    await until(() => !host.has("icinga2"));
    if (file !== undefined) {
      await Deno.remove(above);
      await Deno.rename(`${above}.away`, above);
    }
    await Deno.rename(`${data}.away`, data);
  }
  await until(() => diagnosis() !== undefined);
});

Deno.test("a service that stays down is looked at every 10 min and told every hour; one that runs for 5 min is well", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  let validated = 0, samples = 0;
  await using watch = watching(made.folder.root, {
    validate: () => Promise.resolve({ is: "unknown", text: `${++validated}` } as const),
    sources: {
      tree: () => Promise.resolve(void samples++),
      connections: () => Promise.resolve([]),
    },
  });
  const minute = 60_000;
  watch.service.set("value", "STOPPED");
  await watch.until(() => watch.diagnosis() !== undefined);
  const began = watch.clock.now();
  const table: [minutes: number, validated: number, records: number][] = [
    [9, 1, 1],
    [11, 2, 1],
    [19, 2, 1],
    [21, 3, 1],
    [59, 6, 1],
    [62, 7, 2],
  ];
  for (const [minutes, expected, records] of table) {
    await watch.until(() => watch.clock.now() >= began + minutes * minute);
    assertEquals([validated, watch.records.length], [expected, records], `${minutes} min`);
  }
  assertEquals(samples >= 120 && samples <= 126, true, `${samples} samples`);
  watch.service.set("value", "RUNNING");
  const runs = watch.clock.now();
  await watch.until(() => watch.diagnosis() === undefined);
  const passed = watch.clock.now() - runs;
  assertEquals(passed >= 5 * minute && passed <= 5.5 * minute, true, `${passed} ms`);
});

Deno.test("while a probe may restart the service its configuration is validated, again when it was changed", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/icinga2.state", "2:{},");
  await made.write("etc/icinga2/zones.conf", "object Zone");
  let [validation, count]: [Validation, number] = [{
    is: "invalid",
    text: "syntax error",
    place: "zones.conf:1",
  }, 0];
  const validate = () => Promise.resolve((count++, validation));
  await using watch = watching(made.folder.root, { validate });
  const sample = () => watch.host.get("icinga2");
  const probes = watch.state.map<string, unknown>("Daemons.d.ServiceProbes");
  probes.set("disk", { is: "critical", text: "full", failed: true });
  await watch.until(() => (sample()?.stateFile?.unchanged ?? 0) > 100);
  assertEquals([count, sample()!.invalid], [0, undefined]);
  probes.set("heartbeat_file", { is: "critical", text: "hangs", failed: true, mayRestart: true });
  await watch.until(() => sample()?.invalid !== undefined);
  assertEquals([count, sample()!.invalid], [1, "zones.conf:1: syntax error"]);
  validation = { is: "valid", text: "" };
  await made.write("etc/icinga2/zones.conf", "object Zone {}");
  await watch.until(() => sample()?.invalid === undefined);
  assertEquals(count, 2);
  probes.delete("heartbeat_file");
  validation = { is: "unknown", text: "'icinga2 daemon -C' did not end within 60 s" };
  await watch.until(() => sample()!.stateFile!.unchanged > 1000);
  assertEquals([count, sample()!.invalid], [2, undefined]);
});

Deno.test("a service is Icinga 2 when a process of it is, started by NSSM or not", () => {
  const process = (pid: number, exe: string) => ({ pid, exe });
  const usual = { isUsual: true };
  const table: [processes: ReturnType<typeof process>[], foreign?: string][] = [
    [[process(7, "icinga2.exe"), process(8, "icinga2.exe")]],
    [[process(7, "ICINGA2.EXE")]],
    [[process(8, "icinga2.exe"), process(7, "nssm.exe")]],
    [[process(8, "icinga2.exe.old"), process(7, "spoolsv.exe")], "spoolsv.exe"],
    [[]], // it has ended
  ];
  for (const [processes, foreign] of table) {
    assertEquals(foreignProgram("spooler", usual, 7, processes), foreign);
  }
  const other = [process(7, "wrapper.exe")];
  assertEquals(foreignProgram("Icinga2", usual, 7, other), undefined);
  assertEquals(foreignProgram("spooler", { isUsual: false }, 7, other), undefined);
});
