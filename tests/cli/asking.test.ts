import { assertEquals, assertMatch, assertRejects, fail } from "@std/assert";
import { within } from "../../lib/base/mod.ts";
import { type Action, type Command, type Report, UsageError } from "../../lib/cli/command.ts";
import { checkCommand } from "../../lib/cli/commands/check.ts";
import { getCommand } from "../../lib/cli/commands/get.ts";
import { logsCommand } from "../../lib/cli/commands/logs.ts";
import { pauseCommand, resumeCommand } from "../../lib/cli/commands/pause.ts";
import { statusCommand, threadCommand } from "../../lib/cli/commands/status.ts";
import { follow, watchCommand } from "../../lib/cli/commands/watch.ts";
import { daemonCommand } from "../../lib/cli/daemon/mod.ts";
import { listAction } from "../../lib/cli/daemon/show.ts";
import { runCommandLine } from "../../lib/cli/mod.ts";
import { parse } from "../../lib/cli/parse.ts";
import { newToken, writeToken } from "../../lib/control/access/token.ts";
import { Client, NotRunningError, RefusedError } from "../../lib/control/client.ts";
import { withControl } from "../control/served.ts";
import { addWatcher, agentMaps, STARTED, thread } from "../control/state.ts";
import { printed, replaced } from "./printed.ts";

type Maps = ReturnType<typeof agentMaps>;

/** Runs a command in a home: what it reports, and what it has printed. */
async function run(home: string, command: Command | Action, ...args: string[]) {
  const invocation = parse([...args, "--home", home], command.flags ?? {});
  const { code: result, output, errors } = await printed(() => command.run(invocation));
  const { json, text = output, code = 0 } = typeof result === "number"
    ? { code: result } as Partial<Report>
    : result;
  return { json, text: [text].flat().join("\n"), code, errors };
}

/** Writes records of one time into a home's log. */
async function writeLog(home: string, ...records: string[]): Promise<void> {
  await Deno.mkdir(`${home}/logs`);
  const text = records.map((record) => `2026-01-01T00:00:00.000Z ${record}\n`).join("");
  await Deno.writeTextFile(`${home}/logs/icinga-warden.log`, text);
}

/** An agent with a counter beside the Icinga daemon, and a command asked of it. */
function asking(
  test: (
    ask: (command: Command | Action, ...args: string[]) => ReturnType<typeof run>,
    bench: Parameters<Parameters<typeof withControl>[0]>[0],
    maps: Maps,
  ) => Promise<void>,
): Promise<void> {
  const maps: Maps = { ...agentMaps(), "Daemons.counter.Map": { "a.b": 7, list: [1, { x: "y" }] } };
  return withControl(
    (bench) => test((command, ...args) => run(bench.home, command, ...args), bench, maps),
    {},
    { maps },
  );
}

Deno.test("get reads a value, what is in it, a map or all of it, and names the nearest path", () =>
  asking(async (ask, _, maps) => {
    const get = async (...path: string[]) => {
      const { json, text } = await ask(getCommand, ...path);
      return [json, text];
    };
    assertEquals(await get("counter.Map.a.b"), [7, "7"]);
    assertEquals(await get("counter.Map.list"), [[1, { x: "y" }], '[1,{"x":"y"}]']);
    assertEquals(await get("Daemons.counter.Map.list.1.x"), ["y", "y"]);
    const map = maps["Daemons.counter.Map"];
    assertEquals(await get("counter.Map"), [
      map,
      'KEY   VALUE\na.b   7\nlist  [1,{"x":"y"}]',
    ]);
    const [all, text] = await get();
    assertEquals(Object.keys(all as object).sort(), Object.keys(maps).sort());
    assertMatch(text as string, /^PATH +VALUE\n(.*\n)*Daemons\.counter\.Map\.a\.b +7$/m);
    for (const command of [getCommand, watchCommand]) {
      await assertRejects(() => ask(command, ""), UsageError, "The path is empty; leave it out");
    }
    const wrong = await ask(getCommand, "counter.Mop.a.b");
    assertEquals([wrong.code, wrong.text], [1, ""]);
    assertMatch(
      wrong.errors,
      /^icinga-warden: .*'counter\.Mop\.a\.b'.*; did you mean "counter\.Map/,
    );
    assertMatch((await ask(getCommand, "zzzzzzzzzzzz")).errors, /'zzzzzzzzzzzz'[^;]*$/);
  }));

Deno.test("what get is refused for another reason is an error, with no hint", async () => {
  const home = await Deno.makeTempDir();
  const handler = ({ url }: Request) =>
    new URL(url).pathname === "/api/state"
      ? Response.json({ error: "not now" }, { status: 503, headers: { server: "icinga-warden" } })
      : Response.json([], { headers: { server: "icinga-warden" } });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handler);
  try {
    const token = newToken(server.addr.port, Deno.pid);
    await writeToken(home, "control", token, () => Promise.resolve());
    await assertRejects(() => run(home, getCommand, "counter.Mop"), RefusedError, "not now");
  } finally {
    await server.shutdown();
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("watch shows what there is, then each change, until its end", () =>
  asking(async (_, { home, change }) => {
    const map = "Daemons.counter.Map";
    /** Watches; when the first lines are printed there are changes, and when all are printed it ends. */
    const follow = async (first: number, changes: readonly unknown[], ...args: string[]) => {
      const stop = new AbortController();
      const invocation = parse(["--home", home, ...args], watchCommand.flags!, "watch");
      const left = [...changes];
      const watch = async () => await watchCommand.run({ ...invocation, until: stop.signal });
      const told = printed(watch, (output, errors) => {
        if (`${output}${errors}`.split("\n").length <= first + changes.length - left.length) return;
        if (left.length === 0) stop.abort();
        else change({ map, key: "a.b", value: left.shift() });
      });
      return await within(told, { ms: 60_000, late: () => fail("it did not end") });
    };
    const { code, output } = await follow(2, [0, undefined], "counter.Map", "--json");
    const seen = output.split("\n").map((line) => JSON.parse(line));
    const path = `${map}.a.b`;
    assertEquals([code, seen.map(({ time: _, ...line }) => line)], [0, [
      { path, map, key: "a.b", value: 7, initial: true },
      { path: `${map}.list`, map, key: "list", value: [1, { x: "y" }], initial: true },
      { path, map, key: "a.b", value: 0 },
      { path, map, key: "a.b", deleted: true },
    ]]);
    const text = (await follow(1, [0, undefined], "counter.Map.a.b")).output;
    assertEquals(text.split("\n").map((line) => line.split("  ").slice(1)), [
      [path, "7"],
      [path, "0"],
      [path, "(deleted)"],
    ]);
    const none = await follow(1, [], "counter.Mop");
    assertEquals(none.output, "");
    assertMatch(
      none.errors,
      /nothing at 'counter\.Mop' yet; did you mean "counter\.Map.* Waiting for it/,
    );
  }));

Deno.test("why a stream breaks off is said, also that the agent has ended; after Ctrl+C nothing is", async () => {
  const stop = new AbortController();
  const options = { until: stop.signal, span: undefined };
  const told = (end: () => void) => {
    const events = async function* () {
      yield await Promise.resolve({ name: "changes", data: [] });
      end();
    };
    return follow({ events } as unknown as Client, {}, () => {}, options);
  };
  const breakOff = () => {
    throw new RefusedError(503, "it does not read what it is sent");
  };
  await assertRejects(() => told(breakOff), RefusedError, "it does not read");
  await assertRejects(() => told(() => {}), NotRunningError, "The agent has ended");
  await told(() => {
    stop.abort();
    breakOff();
  });
});

/** The exit code and the errors of a command line while standard output takes nothing. */
async function withoutOutput(error: Error, ...args: string[]) {
  const told = printed(async () => {
    const restore = replaced(Deno.stdout, "writeSync", () => {
      throw error;
    });
    return await runCommandLine(args).finally(restore);
  });
  const { code, errors } = await within(told, { ms: 60_000, late: () => fail("it did not end") });
  return [code, errors];
}

Deno.test("a command ends when its reader is gone, also one that would go on, and fails when the disk is full", () =>
  asking(async (_, { home }) => {
    await writeLog(home, "[INFO] agent: one");
    const full = new Error("No space left on device");
    const cannot = "icinga-warden: Cannot write to standard output: Error: No space left on device";
    const { BrokenPipe, BadResource } = Deno.errors;
    for (const line of ["watch", "watch --json", "logs -f", "logs -f --json", "logs", "get"]) {
      const args = [...line.split(" "), "--home", home];
      assertEquals(await withoutOutput(new BrokenPipe("gone"), ...args), [0, ""], line);
      assertEquals(await withoutOutput(new BadResource("gone"), ...args), [0, ""], line);
      assertEquals(await withoutOutput(full, ...args), [1, cannot], line);
    }
    for (const line of ["check", "check --json", "check --help"]) {
      const args = [...line.split(" "), "--home", home];
      assertEquals(await withoutOutput(full, ...args), [3, cannot], line);
      assertEquals((await withoutOutput(new BrokenPipe("gone"), ...args))[0], 0, line);
    }
    const { code } = await printed(() => runCommandLine(["help"]));
    assertEquals(code, 0, "what was lost before does not count");
  }));

Deno.test("logs shows records by number, level and daemon, and of the file where no agent runs", () =>
  asking(async (ask, { home }) => {
    await writeLog(
      home,
      "[INFO] agent: one",
      "[WARNING] icinga_agent_service::x: two",
      "[ERROR] agent: three",
    );
    const logs = async (...args: string[]) =>
      [...(await ask(logsCommand, ...args)).text.matchAll(/one|two|three/g)].flat().join(" ");
    assertEquals(await logs(), "one two three");
    assertEquals(await logs("--lines", "2"), "two three");
    assertEquals(await logs("-n", "0"), "");
    assertEquals(await logs("--lines", "1000"), "one two three");
    assertEquals(await logs("--level", "warning"), "two three");
    assertEquals(await logs("--daemon", "icinga_agent_service"), "two");
    const { text } = await ask(logsCommand, "--json", "-n", "1");
    const entry = { time: "2026-01-01T00:00:00.000Z", level: "error", source: "agent" };
    assertEquals(JSON.parse(text), { ...entry, message: "three" });
    for (const lines of ["1001", "-1", "1.5", "x"]) {
      await assertRejects(() => ask(logsCommand, `--lines=${lines}`), UsageError, "from 0 to 1000");
    }
    for (const follow of [[], ["-f"]]) {
      const unknown = () => ask(logsCommand, "--daemon", "icinga_agent_servic", ...follow);
      const error = await assertRejects(unknown, Error);
      assertEquals(error instanceof UsageError, false, "exit code 1");
      assertMatch(
        error.message,
        /no such daemon is registered; did you mean "icinga_agent_service/,
      );
    }
  }));

Deno.test("pause and resume say for how long and of what, and refuse other times", () =>
  asking(async (ask, { calls }, maps) => {
    const since = "2026-01-01T00:00:00.000Z";
    const pause = (until: string | null) => ({ since, until: until ?? undefined, by: "command" });
    assertEquals(
      (await ask(pauseCommand)).text,
      "Paused until 'icinga-warden resume': nothing is restarted",
    );
    maps["Agent.Maintenance"] = { paused: pause("2026-01-01T02:00:00.000Z") };
    const { text, json, errors } = await ask(pauseCommand, "2h");
    assertMatch(text, /^Paused until 202\d-\S+ \S+ \S+: nothing is restarted$/);
    assertEquals((json as { maintenance: { since: string } }).maintenance.since, since);
    assertEquals(errors, "");
    maps["Agent.Troubles"] = { state: { since, text: "Cannot save" } };
    const unsaved = async (...args: string[]) => (await ask(pauseCommand, ...args)).errors;
    const warning = "icinga-warden: The pause will end with the agent: Cannot save";
    assertEquals([await unsaved("2h"), await unsaved()], [warning, ""]);
    maps["Agent.Maintenance"] = {};
    maps["Agent.ServicePauses"] = { icinga2: pause(null) };
    assertEquals(
      (await ask(pauseCommand, "--service", "ICINGA2")).text,
      "Paused icinga2 until 'icinga-warden resume --service icinga2': it is left alone",
    );
    assertEquals(calls.length, 5);
    assertEquals(calls.at(-1), ["pause", "command", undefined, "icinga2"]);
    for (const wrong of ["8d", "0s", "100ms", "soon"]) {
      await assertRejects(
        () => ask(pauseCommand, wrong),
        UsageError,
        "is not a valid duration for a pause",
      );
    }
    assertEquals(calls.length, 5, "nothing was asked of the agent");
    assertMatch(
      (await ask(resumeCommand)).text,
      /^(Resumed|The agent was not paused; icinga2 is: .*)$/,
    );
    assertEquals(calls.at(-1), ["resume", undefined]);
    const { text: one, json: alone } = await ask(resumeCommand, "--service", "icinga2");
    assertMatch(one, /^(Resumed icinga2|icinga2 was not paused)$/);
    assertEquals((alone as { service: string }).service, "icinga2");
    assertEquals(calls.at(-1), ["resume", "icinga2"]);
  }));

Deno.test("check is a plugin: its text, its exit code, its thresholds", () =>
  asking(async (ask, _, maps) => {
    const check = async (...args: string[]) => {
      const { text, code } = await ask(checkCommand, ...args);
      return [code, text.split("\n")[0]!.split(" | ")[0]];
    };
    const well = "OK: icinga2 is RUNNING, 1 of 1 daemons run";
    assertEquals(await check(), [0, well]);
    const state = maps["Daemons.icinga_agent_service.ServiceState"]!;
    state.restart_error = 3;
    const failed = "icinga2: 3 restarts failed in a row";
    assertEquals(await check(), [2, `CRITICAL: ${failed}`]);
    assertEquals(await check("--critical", "5"), [1, `WARNING: ${failed}`]);
    assertEquals(await check("--critical", "5", "--warning", "4"), [0, well]);
    state.restart_error = 0;
    const stats = maps["Daemons.icinga_agent_service.ServiceStats"]!;
    stats.icinga2 = { ...stats.icinga2 as object, restartsLastHour: 8 };
    const recent = "icinga2 had 8 restarts in the last hour";
    assertEquals(await check(), [1, `WARNING: ${recent}`]);
    assertEquals(await check("--restarts-critical", "7"), [2, `CRITICAL: ${recent}`]);
    assertEquals(await check("--restarts-warning", "8"), [0, well]);
    for (const timeout of ["5", "500ms", "1h", "3600"]) {
      assertEquals((await check("--restarts-warning", "8", "-t", timeout))[0], 0, timeout);
    }
    for (const timeout of ["0", "3601", "61m", "soon", "5x"]) {
      await assertRejects(
        () => check("-t", timeout),
        UsageError,
        "expected a duration such as 500ms, 5s or 1m, or seconds such as 5, from 1ms to 1h",
      );
    }
    await assertRejects(() => check("--warning", "x"), UsageError, "expected a range such as 10");
    const { code, output } = await printed(() => checkCommand.fail!("a | b", false));
    assertEquals([code, output], [3, "UNKNOWN: a / b"]);
    const { json } = await ask(checkCommand, "--json");
    const failure = await printed(() => checkCommand.fail!("a | b", true));
    const { health, summary, ...others } = JSON.parse(failure.output);
    assertEquals([failure.code, health, summary], [3, "unknown", "UNKNOWN: a / b"]);
    assertEquals(others, { details: [], performance: [] });
    assertEquals(Object.keys(JSON.parse(failure.output)), Object.keys(json as object));
  }));

Deno.test("status shows the agent, its services, what the probes see and its daemons", () =>
  asking(async (ask, _, maps) => {
    const lines = async () => (await ask(statusCommand)).text.split("\n");
    const [verdict, agent, home, ...rest] = await lines();
    assertEquals(verdict, "OK: all is well");
    assertMatch(agent!, /^icinga-warden 1\.2\.3 on .*, up .*, process 42, .* of memory, service$/);
    assertEquals(home, "home /home");
    assertEquals(rest.map((line) => line.split(/ {2,}/).slice(0, 4)), [
      [""],
      ["SERVICE", "STATE", "RESTART_ERROR", "RESTARTS"],
      ["icinga2", "RUNNING", "0", "2"],
      [""],
      ["DAEMON", "STATE", "THREADS", "UPTIME"],
      ["icinga_agent_service", "running", "1", rest.at(-1)!.split(/ {2,}/)[3]!],
    ]);
    maps["Agent.Info"]!.last_end = "unclean";
    maps["Agent.Maintenance"] = {
      paused: { since: "2026-01-01T00:00:00Z", until: "2026-01-01T01:00:00Z", by: "service" },
    };
    maps["Daemons.icinga_agent_service.ServiceProbes"] = {
      disk: { is: "warning", text: "full", advice: "free some", failed: true },
      cpu: { is: "warning", text: "busy", advice: "wait", failed: false },
      tls: { is: "unknown", text: "no CA", failed: false },
    };
    maps["Agent.Daemons"]!.bad = { module: "bad.js", enabled: true, problem: "no such file" };
    const more = await lines();
    assertEquals(more[0], "OK: paused, so that nothing is restarted");
    assertEquals(more[3], "The previous run did not stop cleanly");
    assertMatch(more[4]!, /^Paused by the service control manager since .*, until /);
    const from = more.findIndex((line) => line.startsWith("PROBE"));
    assertEquals(more.slice(from, from + 5).map((line) => line.split(/ {2,}/)), [
      ["PROBE", "STATE", "SINCE", "WHAT IT SEES"],
      ["disk", "warning", "-", "full; free some"],
      ["cpu", "not yet failed", "-", "busy"],
      ["tls", "unknown", "-", "no CA"],
      [""],
    ]);
    assertMatch(more.find((line) => line.startsWith("bad"))!, /^bad +problem +0 .* no such file$/);
    // With several services it is said whose probe that is, and whose diagnosis.
    addWatcher(maps, "web");
    const diagnosis = {
      what: "it hung",
      since: STARTED,
      evidence: [],
      advice: "wait",
      hold: false,
    };
    maps["Daemons.web.ServiceState"] = { W3SVC: { value: "STOPPED", restart_error: 0, diagnosis } };
    maps["Daemons.web.ServiceProbes"] = { "W3SVC/cpu": { is: "ok", text: "idle", failed: false } };
    const several = await lines();
    assertEquals(several.filter((line) => line.includes("it hung")), [
      "W3SVC: diagnosis of 2026-01-01T00:00:00.000Z: it hung; wait",
    ]);
    const table = several.slice(several.findIndex((line) => line.includes("WHAT IT SEES")));
    assertEquals(table.slice(0, 5).map((line) => line.split(/ {2,}/).slice(0, 3)), [
      ["SERVICE", "PROBE", "STATE"],
      ["icinga2", "disk", "warning"],
      ["icinga2", "cpu", "not yet failed"],
      ["icinga2", "tls", "unknown"],
      ["W3SVC", "cpu", "ok"],
    ]);
  }));

Deno.test("where no agent runs each command says so, and logs shows what was logged", async () => {
  const home = await Deno.makeTempDir();
  await writeLog(home, "[INFO] agent: one", "[INFO] agent: two");
  const commands = [
    getCommand,
    watchCommand,
    pauseCommand,
    resumeCommand,
    checkCommand,
    statusCommand,
  ];
  for (const command of commands) await assertRejects(() => run(home, command), NotRunningError);
  const logs = async (...args: string[]) => {
    const invocation = parse(["--home", home, ...args], logsCommand.flags!, "logs");
    const act = () => assertRejects(async () => await logsCommand.run(invocation), NotRunningError);
    return (await printed(act)).output;
  };
  assertMatch(await logs("-n", "1"), /^[^\n]*two$/);
  assertEquals(await logs("-f"), "");
  await Deno.remove(home, { recursive: true });
});

Deno.test("thread list shows each thread with its state, pool, restarts, memory and last error", () =>
  asking(async (ask, _, maps) => {
    const lastError = { at: "2026-01-01T00:00:00.000Z", message: "boom" };
    maps["Agent.Threads"]!["counter::run::Main::0"] = thread("counter", {
      ...{ state: "failed", pool: "Slow", restarts: 3, lag: 1.6, lastError },
    });
    maps["Agent.Daemons"]!.counter = { module: "counter.js", enabled: true };
    const { text, json } = await ask(threadCommand, "list");
    const rows = text.split("\n").map((line) => line.split(/ {2,}/));
    assertEquals(rows[0], [
      ...["THREAD", "STATE", "POOL", "UPTIME", "RESTARTS", "MEMORY", "LAG", "LAST ERROR"],
    ]);
    const row = rows.find(([name]) => name === "counter::run::Main::0")!;
    assertEquals(row.slice(0, 5), ["counter::run::Main::0", "failed", "Slow", "-", "3"]);
    assertEquals([row[6], row[7]!.endsWith(" boom")], ["2 ms", true]);
    assertEquals((json as { name: string }[]).length, 2);
  }));

Deno.test("daemon list shows what the running agent says of each daemon", () =>
  asking(async (ask, _, maps) => {
    const lastError = { at: "2026-01-01T00:00:00.000Z", message: "boom" };
    const name = "icinga_agent_service::run::Main::0";
    maps["Agent.Threads"]![name] = thread("icinga_agent_service", { restarts: 3, lastError });
    const { text } = await ask(listAction);
    const rows = text.split("\n").map((line) => line.split(/ {2,}/));
    const row = rows.find(([name]) => name === "icinga_agent_service")!;
    assertEquals(row.slice(1, 5), ["built in", "yes", "running", "1"]);
    assertEquals(row.slice(6), ["3", "boom"]);
  }));

Deno.test("daemon restart is done when it is said, and refused where no such daemon runs", () =>
  asking(async (_, { home, calls }) => {
    const restart = (name: string) => run(home, daemonCommand, "restart", name);
    assertEquals((await restart("known")).text, "Restarted daemon 'known'");
    await assertRejects(() => restart("unknown"), RefusedError, "no such daemon");
    assertEquals(calls, [["restart", "known"], ["restart", "unknown"]]);
  }));

Deno.test("resume says what goes on, or what else is paused", () =>
  asking(async (_, { home }, maps) => {
    const since = "2026-01-01T00:00:00.000Z";
    maps["Agent.ServicePauses"] = { icinga2: { since, by: "command" } };
    const resume = async (wasPaused: boolean, ...args: string[]) => {
      const handler = (request: Request) =>
        Response.json(
          request.method === "POST" ? { wasPaused } : status,
          { headers: { server: "icinga-warden" } },
        );
      const status = await (await Client.connect(home)).status();
      const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
      const other = await Deno.makeTempDir();
      try {
        const token = newToken(server.addr.port, Deno.pid);
        await writeToken(other, "control", token, () => Promise.resolve());
        return await run(other, resumeCommand, ...args);
      } finally {
        await server.shutdown();
        await Deno.remove(other, { recursive: true });
      }
    };
    const service = ["--service", "icinga2"];
    assertEquals((await resume(true)).text, "Resumed");
    assertEquals(
      (await resume(false)).text,
      "The agent was not paused; icinga2 is: 'icinga-warden resume --service icinga2'",
    );
    assertEquals((await resume(true, ...service)).text, "Resumed icinga2");
    assertEquals((await resume(false, ...service)).text, "icinga2 was not paused");
  }));
