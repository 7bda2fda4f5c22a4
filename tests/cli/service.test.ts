import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { UsageError } from "../../lib/cli/command.ts";
import { printCommands, serviceCommand } from "../../lib/cli/service/mod.ts";
import { ConfigError } from "../../lib/config/mod.ts";
import { type QueriedStatus, STATE } from "../../lib/windows/service_status.ts";
import { parse } from "../../lib/cli/parse.ts";
import { readOptions, SERVICE_FLAGS } from "../../lib/cli/service/options.ts";
import { installService } from "../../lib/cli/service/install.ts";
import { uninstallService } from "../../lib/cli/service/uninstall.ts";
import {
  accountOfService,
  homeOfService,
  installedProgram,
} from "../../lib/cli/service/installed.ts";
import {
  restartService,
  startService,
  statusOfService,
  stopService,
} from "../../lib/cli/service/start_stop.ts";
import settings from "../../deno.json" with { type: "json" };
import { printed, replaced } from "./printed.ts";
import { FakeHost } from "../windows/fake_host.ts";
import { keptExe } from "../../lib/windows/upgrade.ts";

const FOLDER = "C:\\Program Files\\icinga-warden";
const EXE = `${FOLDER}\\icinga-warden.exe`;
const NAME = "icinga-warden";

const options = (line: string) => {
  const [, ...args] = line.split(" ");
  return readOptions(parse(args, SERVICE_FLAGS));
};
const install = (host: FakeHost, flags = "") =>
  installService(options(`install ${flags}`.trim()), host);
const registration = (host: FakeHost) => host.services.get(NAME)!.registration;

Deno.test("install registers the service and the source of its events", async () => {
  const host = new FakeHost();
  assertEquals(await install(host), 0);
  assertEquals(host.calls, ["create icinga-warden", "grant LocalSystem", "register events"]);
  assertEquals(registration(host), {
    commandLine: `"${EXE}" run`,
    displayName: "Icinga Warden",
    description: "Keeps the Icinga 2 agent service running and hosts daemons of your own.",
    account: "LocalSystem",
    start: "delayed",
    recovery: { restartAfter: [5_000, 30_000, 60_000], resetAfter: 86_400, onErrors: true },
  });
});

Deno.test("install a second time changes nothing", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden --account NetworkService");
  host.calls.length = 0;
  assertEquals(await install(host), 0);
  assertEquals(await install(host, "--home D:\\warden"), 0);
  assertEquals(host.calls, []);
});

Deno.test("install with other settings changes them with --force alone", async () => {
  const host = new FakeHost();
  await install(host);
  host.calls.length = 0;
  const flags = "--display-name Other --home D:\\warden";
  assertEquals(await install(host, flags), 1);
  assertEquals(host.calls, []);
  assertEquals(await install(host, `${flags} --force`), 0);
  assertEquals(host.calls[0], "change icinga-warden with ''");
  assertEquals(registration(host).displayName, "Other");
  assertEquals(registration(host).commandLine, `"${EXE}" run --home D:\\warden`);
});

Deno.test("the start type that an administrator chose stays, unless --start names another", async () => {
  for (const runner of ["", "--with nssm "]) {
    const host = new FakeHost();
    await install(host, runner);
    registration(host).start = "manual";
    host.nssm.set("icinga-warden Start", "SERVICE_DEMAND_START");
    assertEquals(await install(host, runner), 0);
    await install(host, `${runner}--display-name Other --force`);
    assertEquals(registration(host).start, "manual");
    assertEquals(host.nssm.get("icinga-warden Start"), "SERVICE_DEMAND_START");
    const disabled = `${runner}--start disabled`;
    assertEquals(await install(host, disabled), 1);
    host.calls.length = 0;
    assertEquals(await install(host, `${disabled} --force`), 0);
    assertEquals(
      runner === "" ? registration(host).start : host.calls.at(0),
      runner === "" ? "disabled" : "set icinga-warden Start SERVICE_DISABLED",
    );
  }
  assertThrows(() => options("install --start never"), UsageError, "expected one of automatic");
});

Deno.test("a path with blanks and no quotes, which could be hijacked, is put right", async () => {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `${EXE} run --home D:\\x`;
  assertEquals(await install(host), 1);
  assertEquals(await install(host, "--force"), 0);
  assertEquals(registration(host).commandLine, `"${EXE}" run --home D:\\x`);
});

Deno.test("install without the rights of an administrator changes nothing", async () => {
  const host = new FakeHost();
  host.administrator = false;
  const error = await assertRejects(() => install(host));
  assertStringIncludes((error as Error).message, "open the console as administrator");
  assertEquals(host.calls, []);
});

Deno.test("another program's service is left alone, even with --force", async () => {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `"C:\\Program Files\\ICINGA2\\sbin\\icinga2.exe" --scm`;
  await assertRejects(() => install(host, "--force"), Error, "which is not icinga-warden");
  const uninstall = () => uninstallService(options("uninstall"), host);
  await assertRejects(uninstall, Error, "it stays");
  assertEquals(host.services.size, 1);
});

const danger = { path: FOLDER, sid: "S-1-1-0", owns: false };

Deno.test("a folder that everyone may change is refused, and nothing is done", async () => {
  const host = new FakeHost();
  host.safety.dangers.push(danger);
  await assertRejects(() => install(host), Error, "Everyone (S-1-1-0) may change");
  assertEquals(host.calls, []);
});

Deno.test("--fix-permissions protects home and the exe's folder before anything else", async () => {
  const host = new FakeHost();
  await install(host, "--fix-permissions --home D:\\warden");
  assertEquals(host.calls.slice(0, 2), ["protect D:\\warden", `protect ${FOLDER}`]);
});

Deno.test("a folder of the administrator who installs is no reason to refuse", async () => {
  const host = new FakeHost();
  host.safety.dangers.push({ path: FOLDER, sid: host.caller, owns: true });
  assertEquals(await install(host), 0);
  host.safety.dangers.push({ path: FOLDER, sid: "S-1-5-21-1-2-3-1001", owns: true });
  await assertRejects(() => install(host, "--name another"), Error, "S-1-5-21-1-2-3-1001 owns");
});

Deno.test("what earlier versions did not see keeps a new service out, and warns of one that is there", async () => {
  const host = new FakeHost();
  await install(host);
  host.safety.dangers.push({ path: FOLDER, sid: "S-1-5-20", owns: false, isNew: true });
  const again = await printed(() => install(host));
  assertEquals(again.code, 0);
  assertStringIncludes(again.errors, "Network Service (S-1-5-20) may change");
  await assertRejects(() => install(host, "--name another"), Error, "Network Service (S-1-5-20)");
});

Deno.test("whom the configuration trusts is handed on", async () => {
  await withHome({ config: { trustedWriters: ["DOM\\ann"] } }, async (flags) => {
    const host = new FakeHost();
    await install(host, flags);
    assertEquals(host.trustedWriters, ["DOM\\ann"]);
  });
});

Deno.test("an account with a password needs one, and one without takes none", async () => {
  const host = new FakeHost();
  await assertRejects(() => install(host, "--account DOM\\user"), Error, "add '--password'");
  await assertRejects(() => install(host, "--password"), Error, "leave out '--password'");
  assertEquals(await install(host, "--account DOM\\managed$"), 0);
  assertEquals(host.calls.slice(0, 2), ["create icinga-warden", "grant DOM\\managed$"]);
});

Deno.test("uninstall stops and removes, and leaves home alone", async () => {
  const host = new FakeHost();
  await install(host);
  await startService(options("start"), host);
  host.calls.length = 0;
  assertEquals(await uninstallService(options("uninstall"), host), 0);
  assertEquals(host.calls, ["stop icinga-warden", "remove icinga-warden", "remove events"]);
  assertEquals(await uninstallService(options("uninstall"), host), 0);
});

Deno.test("uninstall --purge removes what the agent keeps in the service's home", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const kept = ["icinga-warden.exe", "metrics.password", "icinga-warden.previous.exe"];
  const own = ["icinga-warden.json", "icinga-warden.lock", "icinga-warden.run.json", "daemons"];
  const logs = ["logs\\icinga-warden.log", "logs\\icinga-warden.log.1", "daemons\\a\\b.js"];
  own.push("secrets", "secrets\\db_password");
  const others = [...logs, "control.token", "monitor.token", "state.json", "state.json.damaged"];
  for (const name of [...kept, ...own, ...others]) host.disk.set(`D:\\warden\\${name}`, "");
  await uninstallService(options("uninstall --purge"), host);
  assertEquals([...host.disk.keys()], kept.map((name) => `D:\\warden\\${name}`));
});

Deno.test("a home that another service uses is not purged, and a second service is warned of it", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const second = await printed(() =>
    installService(options("install --name second --home D:\\Warden"), host)
  );
  assertEquals(second.code, 0);
  assertStringIncludes(
    second.errors,
    `Warning: Service '${NAME}' runs the agent of D:\\Warden too, and only one of them can run; name another home with --home`,
  );
  host.disk.set("D:\\warden\\icinga-warden.json", "");
  host.calls.length = 0;
  const uninstall = (flags: string) =>
    printed(() => uninstallService(options(`uninstall --name second --purge${flags}`), host));
  const dry = await uninstall(" --dry-run");
  assertEquals(dry.output.includes("icinga-warden.json"), false);
  const why = `D:\\Warden: service '${NAME}' runs its agent`;
  assertEquals(dry.errors, `icinga-warden: Nothing would be purged from ${why}`);
  const { code, output, errors } = await uninstall("");
  assertEquals([code, output], [1, "Removed service 'second'"]);
  assertStringIncludes(errors, `could be removed from D:\\Warden; left are\n  ${why}`);
  assertEquals(host.disk.size, 1);
  const names = host.database.names();
  host.database.names = () => names.map((name) => name.toUpperCase());
  assertEquals(await uninstallService(options("uninstall --purge"), host), 0);
  assertEquals(host.disk.size, 0);
});

Deno.test("a service that is marked for deletion and stays is said to", async () => {
  const host = new FakeHost();
  await install(host);
  host.held = true;
  host.disk.set(`${FOLDER}\\state.json`, "");
  const uninstall = () => uninstallService(options("uninstall --purge"), host);
  await assertRejects(uninstall, Error, "is marked for deletion, but a program has it open");
  assertEquals(host.disk.size, 1, "nothing is purged while the service is there");
});

Deno.test("start and stop say how it came out", async () => {
  const host = new FakeHost();
  await assertRejects(
    () => Promise.resolve().then(() => startService(options("start"), host)),
    Error,
    "service install",
  );
  await install(host);
  assertEquals(await startService(options("start"), host), 0);
  assertEquals(await startService(options("start"), host), 0);
  assertEquals(await stopService(options("stop"), host), 0);
  assertEquals(await stopService(options("stop"), host), 0);
  host.runs = () => false;
  assertEquals(await startService(options("start"), host), 1);
  assertEquals(host.calls.filter((call) => /^st/.test(call)), [
    "start icinga-warden",
    "stop icinga-warden",
    "start icinga-warden",
  ]);
});

Deno.test("a start that fails gives the reason that the agent logged, and not an old one", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  host.runs = () => false;
  const fatal = { level: "fatal", source: "agent", message: "x.json:1:2: what is wrong" } as const;
  const log = "D:\\warden\\logs\\icinga-warden.log";
  host.logs.set(log, [{ ...fatal, time: Date.now() - 60_000 }]);
  const start = () => printed(() => startService(options("start"), host));
  assertStringIncludes((await start()).errors, "(its own code 2); its log says why");
  host.logs.set(log, [{ ...fatal, time: Date.now() + 60_000 }]);
  const { errors, code } = await start();
  assertEquals(code, 1);
  assertStringIncludes(errors, "cannot be used (its own code 2); x.json:1:2: what is wrong");
});

Deno.test("a service of the same exe with another home is said to be another one", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const { output, code } = await printed(() => install(host));
  assertEquals(code, 0);
  assertEquals(output.split("\n"), [
    "Service 'icinga-warden' is already installed with these settings; nothing changed",
    `  it runs the agent of D:\\warden, not one of ${FOLDER}`,
    "  for a second agent, choose another --name, and name its home with --home",
  ]);
  const same = await printed(() => install(host, "--home D:\\warden"));
  assertEquals(same.output.split("\n").length, 1, same.output);
  const { output: status } = await printed(() => statusOfService(options("status"), host));
  assertStringIncludes(status, "\n  home        D:\\warden\n");
});

Deno.test("restart stops and starts, and starts what is stopped", async () => {
  const host = new FakeHost();
  await install(host);
  assertEquals(await restartService(options("restart"), host), 0);
  assertEquals(await restartService(options("restart"), host), 0);
  host.runs = () => false;
  assertEquals(await restartService(options("restart"), host), 1);
  assertEquals(host.calls.filter((call) => /^st/.test(call)), [
    "start icinga-warden",
    "stop icinga-warden",
    "start icinga-warden",
    "stop icinga-warden",
    "start icinga-warden",
  ]);
});

Deno.test("the home of the installed service is known to an exe in another folder", async () => {
  const host = new FakeHost();
  assertEquals(homeOfService(host, EXE), undefined);
  await withOldExe(host);
  assertEquals(homeOfService(host, EXE), "D:\\old");
  registration(host).commandLine = `"D:\\old\\icinga-warden.exe" run --home "E:\\my home"`;
  assertEquals(homeOfService(host, EXE), "E:\\my home");
  registration(host).commandLine = `"D:\\other.exe" run`;
  assertEquals(homeOfService(host, EXE), undefined);
});

Deno.test("a home's service is the one that runs from it", async () => {
  const host = new FakeHost();
  const accountOf = (home: string) => accountOfService(home, host, EXE);
  assertEquals(accountOf("D:\\warden"), undefined);
  await install(host, "--account NetworkService --home D:\\warden\\");
  assertEquals(accountOf("d:\\Warden"), "NT AUTHORITY\\NetworkService");
  assertEquals(accountOf(FOLDER), undefined);
});

Deno.test("a service in which NSSM does not say what it runs is another program's", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm --home D:\\mine");
  assertEquals(homeOfService(host, EXE), "D:\\mine");
  const target = { name: NAME, files: options("install").files };
  assertEquals(installedProgram(registration(host), target, host), {
    kind: "nssm",
    exe: EXE,
    args: ["run", "--home", "D:\\mine"],
  });
  host.nssm.clear();
  assertEquals(homeOfService(host, EXE), undefined);
});

/** A host whose service runs from another folder than the exe that is called. */
async function withOldExe(host = new FakeHost()): Promise<FakeHost> {
  await install(host);
  registration(host).commandLine = `"D:\\old\\icinga-warden.exe" run`;
  host.disk.set("D:\\old\\icinga-warden.exe", "old").set(EXE, "new");
  await startService(options("start"), host);
  host.calls.length = 0;
  return host;
}

Deno.test("a new exe takes the place of the old one with --force alone", async () => {
  const host = await withOldExe();
  assertEquals(await install(host), 1);
  assertEquals(host.disk.get("D:\\old\\icinga-warden.exe"), "old");
  assertEquals(await install(host, "--force"), 0);
  assertEquals(host.calls, ["stop icinga-warden", "start icinga-warden"]);
  assertEquals(Object.fromEntries(host.disk), {
    [EXE]: "new",
    "D:\\old\\icinga-warden.exe": "new",
    "D:\\old\\icinga-warden.previous.exe": "old",
  });
  assertEquals(await install(host), 0);
});

Deno.test("an exe that does not run gives way to the old one", async () => {
  const host = await withOldExe();
  host.runs = (content) => content === "old";
  const error = await assertRejects(() => install(host, "--force"), Error);
  assertStringIncludes(error.message, "it stopped with code 2; the old one runs again");
  assertEquals(Object.fromEntries(host.disk), {
    [EXE]: "new",
    "D:\\old\\icinga-warden.exe": "old",
  });
  assertEquals(host.database.query(NAME)?.state, 4);
});

Deno.test("NSSM is told each setting, once", async () => {
  const host = new FakeHost();
  assertEquals(await install(host, "--with nssm --home D:\\warden"), 0);
  assertEquals(host.calls[0], `install icinga-warden ${EXE}`);
  assertEquals(host.nssm.get("icinga-warden AppParameters"), "run --home D:\\warden");
  host.calls.length = 0;
  assertEquals(await install(host, "--with nssm --home D:\\warden"), 0);
  assertEquals(await install(host, "--with nssm"), 0);
  assertEquals(host.calls, []);
  assertEquals(await install(host, "--with nssm --home D:\\other"), 1);
  assertEquals(host.calls, []);
  assertEquals(await install(host, "--with nssm --home D:\\other --force"), 0);
  assertEquals(host.calls, [
    "set icinga-warden AppParameters run --home D:\\other",
    "set icinga-warden AppDirectory D:\\other",
  ]);
  assertEquals(await install(host, "--with nssm --log-level debug --force"), 0);
  assertEquals(
    host.calls.at(-1),
    "set icinga-warden AppParameters run --home D:\\other --log-level debug",
  );
  assertEquals(await install(host, "--with nssm --mode observe --force"), 0);
  assertEquals(
    host.calls.at(-1),
    "set icinga-warden AppParameters run --home D:\\other --log-level debug --mode observe",
  );
  await assertRejects(() => install(host), Error, "under NSSM");
});

Deno.test("the NSSM that is to run the agent is looked at like the agent", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm");
  assertEquals(host.inspected?.runner, "C:\\nssm\\nssm.exe");
  await install(new FakeHost(), "");
  const native = new FakeHost();
  await install(native);
  assertEquals(native.inspected?.runner, undefined);
});

Deno.test("an NSSM that makes no service is found out", async () => {
  const host = new FakeHost();
  host.nssmWorks = false;
  await assertRejects(
    () => install(host, "--with nssm"),
    Error,
    "no service 'icinga-warden' is there",
  );
});

Deno.test("what NSSM runs beside the agent is another program's", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm");
  host.nssm.set("icinga-warden Application", "C:\\other\\server.exe");
  const uninstall = () => uninstallService(options("uninstall"), host);
  await assertRejects(uninstall, Error, "runs C:\\other\\server.exe, which is not icinga-warden");
});

Deno.test("an NSSM that is not there is asked for", async () => {
  const host = new FakeHost();
  host.nssmPresent = false;
  await assertRejects(() => install(host, "--with nssm"), Error, "name nssm.exe with --nssm");
});

Deno.test("a setting that is not mentioned stays when another is changed", async () => {
  await withHome({ config: {} }, async (flags, folder) => {
    const host = new FakeHost();
    await install(host, flags);
    assertEquals(registration(host).commandLine, `"${EXE}" run ${flags}`);
    await install(host, "--log-level debug --force");
    assertEquals(registration(host).commandLine, `"${EXE}" run ${flags} --log-level debug`);
    await install(host, "--home E:\\x --force");
    assertEquals(
      registration(host).commandLine,
      `"${EXE}" run --home E:\\x --config ${folder}/c.json --log-level debug`,
    );
  });
});

Deno.test("with --force too what differs is said", async () => {
  const host = new FakeHost();
  await install(host);
  const { output } = await printed(() => install(host, "--display-name Other --force"));
  assertEquals(output.split("\n"), [
    "Service 'icinga-warden' is already installed with other settings:",
    "  display name: Icinga Warden  ->  Other",
    "Changed service 'icinga-warden'; restart the service to apply it: icinga-warden service restart",
  ]);
});

Deno.test("a service made by hand that cannot start is put right", async () => {
  for (const args of ["", " run --foreground", " --foreground"]) {
    const host = new FakeHost();
    await install(host);
    registration(host).commandLine = `"${EXE}"${args}`;
    assertEquals(await install(host), 1);
    assertEquals(await install(host, "--force"), 0);
    assertEquals(registration(host).commandLine, `"${EXE}" run`);
  }
});

Deno.test("nothing is purged when no service says whose home it is", async () => {
  const host = new FakeHost();
  host.disk.set(`${FOLDER}\\state.json`, "");
  assertEquals(await uninstallService(options("uninstall --name typo --purge"), host), 1);
  assertEquals(host.disk.size, 1);
  assertEquals(host.calls, []);
  const missing = (flags: string) =>
    printed(() => uninstallService(options(`uninstall${flags}`), host));
  assertEquals(await missing(""), {
    code: 0,
    output: "Service 'icinga-warden' is not installed",
    errors: "",
  });
  const { output } = await missing(" --json");
  assertEquals(JSON.parse(output), { service: NAME, wasInstalled: false });
});

Deno.test("uninstall says what became of the agent's files", async () => {
  const host = new FakeHost();
  const uninstall = async (flags: string) => {
    await install(host, "--home D:\\warden");
    return await printed(() => uninstallService(options(`uninstall${flags}`), host));
  };
  assertEquals(await uninstall(""), {
    code: 0,
    output: "Removed service 'icinga-warden'\nNot removed: the files in D:\\warden",
    errors: "",
  });
  assertEquals(
    (await uninstall(" --purge")).output,
    "Removed service 'icinga-warden'\nRemoved the agent's files from D:\\warden",
  );
  assertEquals(JSON.parse((await uninstall(" --json")).output), {
    ...{ service: NAME, wasInstalled: true, home: "D:\\warden", left: [] },
  });
});

Deno.test("a purge goes on where a file cannot be removed, and says what is left", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const left = ["D:\\warden\\control.token", "D:\\warden\\logs\\other-program.log"];
  host.inUse.add(left[0]!);
  const gone = ["D:\\warden\\state.json", "D:\\warden\\logs\\icinga-warden.log"];
  for (const path of [...left, ...gone]) host.disk.set(path, "");
  const { code, errors } = await printed(() =>
    uninstallService(options("uninstall --purge"), host)
  );
  assertEquals(code, 1);
  assertStringIncludes(errors, `${left[0]}: the file is in use`);
  assertEquals([...host.disk.keys()], left);
});

Deno.test("the source of events stays as long as another agent writes there", async () => {
  const host = new FakeHost();
  await install(host);
  await install(host, "--name second");
  await uninstallService(options("uninstall --name second"), host);
  await uninstallService(options("uninstall --name third"), host);
  assertEquals(host.calls.includes("remove events"), false);
  await uninstallService(options("uninstall"), host);
  assertEquals(host.calls.at(-1), "remove events");
});

Deno.test("a dry run refuses what would be refused, and does nothing", async () => {
  const host = new FakeHost();
  await install(host);
  const own = registration(host).commandLine;
  registration(host).commandLine = `"C:\\Program Files\\ICINGA2\\sbin\\icinga2.exe" --scm`;
  host.calls.length = 0;
  const dry = () => uninstallService(options("uninstall --dry-run"), host);
  await assertRejects(dry, Error, "which is not icinga-warden; it stays");
  for (const act of [startService, stopService]) {
    for (const flags of ["", " --dry-run"]) {
      const action = act === startService ? "start" : "stop";
      await assertRejects(() => act(options(action + flags), host), Error, "not icinga-warden");
    }
  }
  registration(host).commandLine = own;
  await assertRejects(() => install(host, "--account D\\u --dry-run"), UsageError, "--password");
  host.safety.dangers.push(danger);
  await assertRejects(() => install(host, "--dry-run"), Error, "Everyone (S-1-1-0) may change");
  assertEquals(await install(host, "--fix-permissions --dry-run"), 0);
  host.safety.dangers.push({ ...danger, path: "C:\\nssm" });
  await assertRejects(() => install(host, "--fix-permissions --dry-run"), Error, "C:\\nssm");
  assertEquals(host.calls, []);
});

Deno.test("a dry run shows all that would be done", async () => {
  const old = await withOldExe();
  old.versions.set("D:\\old\\icinga-warden.exe", "icinga-warden 0.1.0 (abc, Deno 2.7.11, x)\n");
  const { output: upgrade, code } = await printed(() => install(old, "--force --dry-run"));
  assertEquals(code, 0);
  assertEquals(upgrade.split("\n").slice(-6), [
    "  the service runs a different exe: D:\\old\\icinga-warden.exe",
    `  version: 0.1.0 (abc)  ->  ${settings.version} (source)`,
    "net.exe stop icinga-warden",
    "move /y D:\\old\\icinga-warden.exe D:\\old\\icinga-warden.previous.exe",
    `copy /y "${EXE}" D:\\old\\icinga-warden.exe`,
    "net.exe start icinga-warden",
  ]);
  assertEquals(old.calls, []);
  assertEquals((await printed(() => install(old, "--dry-run"))).code, 1);

  const host = new FakeHost();
  const flags = "--account D\\u$ --home D:\\x --fix-permissions --dry-run";
  const { output: permissions } = await printed(() => install(host, flags));
  assertStringIncludes(permissions, `*${host.sidOf("D\\u$")}:(OI)(CI)M`);
  assertStringIncludes(permissions, `icacls.exe "${FOLDER}" /inheritance:r`);
  assertStringIncludes(permissions, "icacls.exe D:\\x /inheritance:r");
  assertStringIncludes(permissions, "the right to log on as a service");

  await install(host, "--home D:\\x");
  for (const path of ["state.json", "daemons\\a.js"]) host.disk.set(`D:\\x\\${path}`, "");
  const purge = await printed(() => uninstallService(options("uninstall --purge --dry-run"), host));
  assertStringIncludes(purge.output, "del /q D:\\x\\state.json\nrmdir /s /q D:\\x\\daemons");
  assertEquals(host.disk.size, 2);
});

Deno.test("print shows the table of settings, for sc and for NSSM", async () => {
  const native = await printed(() => printCommands("print", options("print --home D:\\x")));
  const source = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\icinga-warden";
  assertEquals(native.output.split("\n"), [
    `sc.exe create icinga-warden binPath= "\\"${EXE}\\" run --home D:\\x" ` +
    'DisplayName= "Icinga Warden" obj= LocalSystem start= delayed-auto',
    'sc.exe description icinga-warden "Keeps the Icinga 2 agent service running and hosts ' +
    'daemons of your own."',
    "sc.exe failure icinga-warden reset= 86400 " +
    "actions= restart/5000/restart/30000/restart/60000",
    "sc.exe failureflag icinga-warden 1",
    `reg.exe add HKLM\\${source} /v EventMessageFile /t REG_EXPAND_SZ ` +
    '/d ^"^%SystemRoot^%\\System32\\EventCreate.exe^" /f',
    `reg.exe add HKLM\\${source} /v TypesSupported /t REG_DWORD /d 7 /f`,
  ]);
  const host = new FakeHost();
  await install(host, "--with nssm");
  const nssm = await printed(() => printCommands("print", options("print --with nssm --json")));
  const words = JSON.parse(nssm.output).map(([, ...words]: string[]) => words.join(" "));
  assertEquals(words, host.calls, "what is printed is what is done");
});

Deno.test("a password stands as stars in the commands that are shown", async () => {
  for (const [flags, place] of [["", "password="], ["--with nssm ", "ObjectName D\\u"]] as const) {
    const line = `print ${flags}--account D\\u`;
    const { output } = await printed(() => printCommands("print", options(line)));
    assertStringIncludes(output, `${place} ********`);
  }
});

Deno.test("--fix-permissions is refused where more than the agent lies, printed ones too", async () => {
  for (const home of ["C:\\", "C:\\windows", "C:\\Users\\ann"]) {
    const host = new FakeHost();
    const flags = `--home ${home} --fix-permissions`;
    await assertRejects(() => install(host, flags), Error, "more than the agent lies there");
    await assertRejects(() => install(host, `${flags} --dry-run`), Error, "more than the agent");
    const print = () => printCommands("print", options(`print ${flags}`));
    await assertRejects(print, Error, "more than the agent lies there");
    assertEquals(host.calls, []);
  }
});

Deno.test("an account that takes no password is refused before anything is changed", async () => {
  const host = new FakeHost();
  const flags = "--fix-permissions --account NetworkService --password";
  await assertRejects(() => install(host, flags), UsageError, "has no password");
  assertEquals(host.calls, []);
});

Deno.test("a folder whose name Windows would replace is refused", async () => {
  const host = new FakeHost();
  const flags = "--home D:\\%TEMP%\\x";
  await assertRejects(() => install(host, flags), UsageError, "'%TEMP%'");
  await install(host, "--home D:\\100%");
  assertEquals(host.calls[0], "create icinga-warden");
});

Deno.test("a service's own virtual account is one, and another's is not", async () => {
  const virtual = (name: string) =>
    readOptions(parse(["--account", `NT SERVICE\\${name}`], SERVICE_FLAGS));
  const host = new FakeHost();
  assertEquals(await installService(virtual("Icinga-Warden"), host), 0);
  assertEquals(registration(host).account, "NT SERVICE\\Icinga-Warden");
  assertThrows(() => virtual("other"), UsageError, "'NT SERVICE\\icinga-warden'");
});

Deno.test("a password is set on a service that has its account already, with --force", async () => {
  const host = new FakeHost();
  const account = "--account DOM\\user";
  await install(host, "--account DOM\\managed$");
  registration(host).account = "DOM\\user";
  host.calls.length = 0;
  assertEquals(await install(host, `${account} --password`), 0);
  assertEquals(host.calls, []);
  assertEquals(await install(host, `${account} --password --force --dry-run`), 0);
  await withTyped("geheim", () => install(host, `${account} --password --force`));
  assertEquals(host.calls, ["change icinga-warden with 'geheim'", "grant DOM\\user"]);
});

Deno.test("under NSSM a password is on no command line", async () => {
  const host = new FakeHost();
  const flags = "--with nssm --account DOM\\user --password";
  await withTyped("geheim", () => install(host, flags));
  assertEquals(host.calls.filter((call) => /geheim|ObjectName/.test(call)), [
    "account DOM\\user of icinga-warden with 'geheim'",
  ]);
  assertEquals(host.calls.at(-1), "grant DOM\\user");
});

Deno.test("a service that is half made when a setting fails is taken back", async () => {
  const native = new FakeHost();
  native.broken = true;
  await assertRejects(() => install(native), Error, "recovery");
  assertEquals(native.calls, ["create icinga-warden", "remove icinga-warden"]);
  const nssm = new FakeHost();
  nssm.nssmRefuses = "AppThrottle";
  await assertRejects(() => install(nssm, "--with nssm"), Error, "NSSM refused (exit code 5)");
  assertEquals([nssm.services.size, nssm.calls.at(-1)], [0, "remove icinga-warden"]);
});

Deno.test("a service that was there before stays when a setting fails", async () => {
  const host = new FakeHost();
  await install(host);
  host.broken = true;
  await assertRejects(() => install(host, "--display-name Other --force"), Error, "recovery");
  assertEquals(host.services.size, 1);
});

Deno.test("the NSSM that was looked at is the one that is run, and a bare name is none", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm");
  assertEquals([...host.ran], ["C:\\nssm\\nssm.exe"]);
  const lacking = new FakeHost();
  lacking.nssmPresent = false;
  await assertRejects(() => install(lacking, "--with nssm"), Error, "no 'nssm.exe' on the path");
  await assertRejects(() => install(lacking, "--with nssm --dry-run"), Error, "no 'nssm.exe'");
  for (const path of ["C:\\nope.exe", "tools/nope.exe"]) {
    await assertRejects(
      () => install(lacking, `--with nssm --nssm ${path}`),
      Error,
      `There is no file '${path}', which --nssm names`,
    );
  }
  assertEquals(lacking.calls, []);
});

const status = (host: FakeHost, flags = "") =>
  printed(() => statusOfService(options(`status${flags}`), host));

Deno.test("status names the settings of NSSM that install would set otherwise", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm");
  assertEquals(/differs|to set it/.test((await status(host)).output), false);
  host.nssm.set("icinga-warden AppStopMethodConsole", "10000");
  const { output } = await status(host);
  assertStringIncludes(
    output,
    "  differs     AppStopMethodConsole: 10000; 'service install' sets 20000\n" +
      "  to set it   icinga-warden service install --with nssm --force",
  );
  assertEquals(JSON.parse((await status(host, " --json")).output).differs, [
    { setting: "AppStopMethodConsole", found: "10000", wanted: "20000" },
  ]);
});

Deno.test("status names what differs in a registration by hand", async () => {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `"${EXE}"`;
  registration(host).start = "automatic";
  registration(host).recovery = { restartAfter: [], resetAfter: 0, onErrors: false };
  const { output } = await status(host);
  assertStringIncludes(output, `differs     command line: "${EXE}"; 'service install' sets`);
  assertStringIncludes(
    output,
    "differs     recovery: none; 'service install' sets restart after 5",
  );
  assertEquals(output.split("\n").at(-1), "  to set it   icinga-warden service install --force");
  assertEquals(output.includes("differs     start"), false, "the administrator chose it");
});

Deno.test("a service that NSSM holds back is explained, and counts as one that does not run", async () => {
  const host = new FakeHost();
  await install(host, "--with nssm --home D:\\warden");
  host.services.get(NAME)!.status.state = STATE.paused;
  const { code, output } = await status(host);
  assertEquals(code, 3);
  assertStringIncludes(
    output,
    "is PAUSED: NSSM waits, since the agent ends soon after each start; see D:\\warden\\logs\\icinga-warden.log",
  );
  const started = await printed(() => startService(options("start"), host));
  assertStringIncludes(started.errors, "NSSM waits");
});

Deno.test("a start waits for a stop under way, and tells how a pause ends", async () => {
  const host = new FakeHost();
  await install(host);
  await startService(options("start"), host);
  host.calls.length = 0;
  host.services.get(NAME)!.status.state = STATE.stopPending;
  const { code } = await printed(() => {
    const starting = startService(options("start"), host);
    host.services.get(NAME)!.status = { state: STATE.stopped, pid: 0, exitCode: 0, ownCode: 0 };
    return starting;
  });
  assertEquals([code, host.calls], [0, ["start icinga-warden"]]);
  host.services.get(NAME)!.status.state = STATE.paused;
  const paused = await printed(() => startService(options("start"), host));
  assertEquals(paused.code, 1);
  assertStringIncludes(paused.errors, "to resume it: sc.exe continue icinga-warden");
});

Deno.test("an upgrade that fails leaves the exe of an earlier one", async () => {
  const host = await withOldExe();
  host.disk.set("D:\\old\\icinga-warden.previous.exe", "older");
  host.runs = (content) => content === "old";
  await assertRejects(() => install(host, "--force"), Error, "the old one runs again");
  assertEquals(host.disk.get("D:\\old\\icinga-warden.previous.exe"), "older");
  assertEquals(host.disk.get("D:\\old\\icinga-warden.exe"), "old");
});

Deno.test("where the new exe cannot be put in place the old one is there again, and runs", async () => {
  const host = await withOldExe();
  const { rename } = host.files;
  host.files.rename = (from, to) =>
    from.endsWith(".new") ? Promise.reject(new Error("in use")) : rename(from, to);
  const { message } = await assertRejects(() => install(host, "--force"), Error);
  assertEquals(message, "Cannot upgrade: in use; the old exe is in its place");
  assertEquals(Object.fromEntries(host.disk), {
    [EXE]: "new",
    "D:\\old\\icinga-warden.exe": "old",
  });
  assertEquals(host.services.get(NAME)!.status.state, STATE.running);
});

Deno.test("a service that takes a while to stop and to start is waited for, up to a limit", async () => {
  const host = await withOldExe();
  host.takes = 25_000;
  assertEquals(await install(host, "--force"), 0);
  assertEquals(host.disk.get("D:\\old\\icinga-warden.exe"), "new");
  assertEquals(host.services.get(NAME)!.status.state, STATE.running);
  const late = await withOldExe();
  late.takes = 61_000;
  const { message } = await assertRejects(() => install(late, "--force"), Error);
  assertStringIncludes(message, "did not stop within 60 s; nothing was changed");
  assertEquals(late.disk.get("D:\\old\\icinga-warden.exe"), "old");
});

Deno.test("the exe that is kept never takes the place of the new one", () => {
  const to = "D:\\w\\icinga-warden.exe";
  assertEquals(keptExe({ from: EXE, to }), "D:\\w\\icinga-warden.previous.exe");
  const from = "d:\\W\\icinga-warden.previous.exe";
  assertEquals(keptExe({ from, to }), "D:\\w\\icinga-warden.replaced.exe");
});

Deno.test("a service whose exe is gone gets this one", async () => {
  const host = await withOldExe();
  host.disk.delete("D:\\old\\icinga-warden.exe");
  assertEquals(await install(host, "--force"), 0);
  assertEquals(host.disk.get("D:\\old\\icinga-warden.exe"), "new");
});

Deno.test("what stands after --password is not repeated", async () => {
  for (const args of [["install", "--password", "geheim"], ["--password", "geheim", "install"]]) {
    const run = () => Promise.resolve(serviceCommand.run(parse(args, SERVICE_FLAGS)));
    const { message } = await assertRejects(run, UsageError, "takes no value");
    assertEquals(message.includes("geheim"), false);
  }
  const { message } = assertThrows(() => parse(["--password=geheim"], SERVICE_FLAGS), UsageError);
  assertEquals(message, "Flag '--password' takes no value");
});

/** Does something while a line stands on standard input. */
async function withTyped(line: string, act: () => Promise<number>): Promise<void> {
  const restore = replaced(Deno, "stdin", {
    ...Deno.stdin,
    isTerminal: () => false,
    readable: new Blob([`${line}\n`]).stream(),
  });
  try {
    assertEquals(await act(), 0);
  } finally {
    restore();
  }
}

/** A home with a configuration and modules, which are read for real. */
async function withHome(
  { config, daemons = [] }: { config: unknown; daemons?: string[] },
  test: (flags: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/daemons`);
    for (const name of daemons) await Deno.writeTextFile(`${folder}/daemons/${name}`, "");
    await Deno.writeTextFile(`${folder}/c.json`, JSON.stringify(config));
    await test(`--home ${folder} --config ${folder}/c.json`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a configuration that others can change does not allow an unsafe home", async () => {
  await withHome({ config: { allowUnsafeHome: true } }, async (flags, folder) => {
    const host = new FakeHost();
    host.safety.dangers.push({ ...danger, path: `${folder}/daemons` });
    assertEquals(await install(host, flags), 0);
    host.safety.dangers.push({ ...danger, path: `${folder}/c.json` });
    const again = () => install(host, `${flags} --name another`);
    await assertRejects(again, Error, "in a configuration that nobody else can change");
  });
});

Deno.test("a configuration is read as the agent reads it, in a dry run too", async () => {
  const daemons = { pwn: { permissions: { read: ["*"] } } };
  await withHome({ config: { daemons }, daemons: ["pwn.js"] }, async (flags) => {
    assertEquals(await install(new FakeHost(), flags), 0);
  });
  await withHome({ config: { log: { level: "loud" } } }, async (flags) => {
    await assertRejects(() => install(new FakeHost(), `${flags} --dry-run`), ConfigError);
  });
});

Deno.test("each action takes the flags that it is for, and refuses the others", async () => {
  const flags: Record<string, string> = {
    ...{ name: "x", with: "native", nssm: "nssm.exe --with nssm", account: "LocalService" },
    ...{ "display-name": "x", start: "automatic", password: "", "dry-run": "", force: "" },
    ...{ "fix-permissions": "", purge: "" },
  };
  const install = Object.keys(flags).filter((flag) => flag !== "purge");
  const taken: Record<string, string[]> = {
    ...{ install, print: install, uninstall: ["name", "dry-run", "purge"], status: ["name"] },
    ...{ start: ["name", "dry-run"], stop: ["name", "dry-run"], restart: ["name", "dry-run"] },
  };
  for (const [action, right] of Object.entries(taken)) {
    for (const [flag, value] of Object.entries(flags)) {
      const line = `${action} --${flag} ${value}`.trim();
      const run = async () => await serviceCommand.run(parse(line.split(" "), SERVICE_FLAGS));
      if (right.includes(flag)) {
        await printed(async () => assert([0, 1].includes(Number(await run())), line));
      } else await assertRejects(run, UsageError, `is not for 'service ${action}'`, line);
    }
  }
});

Deno.test("with --json what install says and warns of is in the JSON, and nowhere else", async () => {
  const host = new FakeHost();
  const flags = "--account NetworkService --json";
  const { output, errors } = await printed(() => install(host, flags));
  const { service, outcome, differs, said, warnings } = JSON.parse(output);
  assertEquals([service, outcome, differs, errors], [NAME, "installed", [], ""]);
  assertEquals([said.length > 0, warnings.length], [true, 1]);
  assertStringIncludes(warnings[0], "must be able to write into");
});

Deno.test("a display name has 1 to 256 characters, and none that controls a terminal", () => {
  const read = (name: string) => readOptions(parse([`--display-name=${name}`], SERVICE_FLAGS));
  for (const name of ["x", "x".repeat(256), " a ä "]) {
    assertEquals(read(name).request.displayName, name);
  }
  for (const name of [" ", "x".repeat(257), "a\nb", "\x1b[2J"]) {
    assertThrows(() => read(name), UsageError, "expected 1 to 256 characters");
  }
});

Deno.test("a home that is given is in the service's command line, also the exe's own folder", () => {
  const flags = (...args: string[]) => readOptions(parse(args, SERVICE_FLAGS)).flags;
  assertEquals(flags(), {});
  // A variable ICINGA_WARDEN_HOME of the service would count otherwise.
  for (const home of [FOLDER, "D:\\warden"]) assertEquals(flags("--home", home), { home });
});

Deno.test("a service that is removed while it is asked is not installed", async () => {
  for (const gone of ["find", "query"] as const) {
    const host = new FakeHost();
    await install(host);
    host.database[gone] = () => undefined;
    const { code, output } = await status(host, " --json");
    assertEquals([code, JSON.parse(output)], [3, { service: NAME, installed: false }]);
  }
});

Deno.test("status tells the state, the process, how it ended, and the settings", async () => {
  const host = new FakeHost();
  assertEquals(await status(host), {
    ...{ code: 3, output: "Service 'icinga-warden' is not installed", errors: "" },
  });
  assertEquals(JSON.parse((await status(host, " --json")).output), {
    ...{ service: NAME, installed: false },
  });
  await install(host, "--home D:\\warden");
  const { code, output } = await status(host);
  assertEquals(code, 3);
  assertEquals(output.split("\n"), [
    "Service 'icinga-warden' is STOPPED",
    "  kind        native",
    `  runs        "${EXE}" run --home D:\\warden`,
    "  home        D:\\warden",
    "  as          LocalSystem",
    "  start       delayed",
    "  on failure  restart after 5 s, 30 s, 60 s on crashes and errors, counted anew after 86400 s",
  ]);
  const ends: [state: Partial<QueriedStatus>, code: number, first: RegExp][] = [
    [{ state: STATE.running, pid: 42 }, 0, /^Service 'icinga-warden' is RUNNING \(process 42\)$/],
    [{ state: STATE.running, pid: 42, exitCode: 5 }, 0, /^\S+ \S+ is RUNNING \(process 42\)$/],
    [{ state: STATE.paused, pid: 42 }, 0, / is PAUSED \(process 42\)$/],
    [{ exitCode: 1077 }, 3, / is STOPPED$/],
    [{ exitCode: 1069 }, 3, / is STOPPED: .+ \(1069\); .+/],
    [
      { exitCode: 1066, ownCode: 2 },
      3,
      /: its configuration or command line cannot be used \(its own code 2\); its log says why$/,
    ],
    [{ exitCode: 1066, ownCode: 1 }, 3, /: it has failed \(its own code 1\); its log says why$/],
  ];
  for (const [state, code, first] of ends) {
    host.services.get(NAME)!.status = {
      ...{ state: STATE.stopped, pid: 0, exitCode: 0, ownCode: 0 },
      ...state,
    };
    const told = await status(host);
    assertEquals(told.code, code);
    assertMatch(told.output.split("\n")[0]!, first);
  }
  registration(host).commandLine = `"D:\\other.exe" run`;
  const other = (await status(host)).output;
  assertStringIncludes(other, "  kind        other\n");
  assertEquals(/home|differs/.test(other), false);
});

Deno.test("with --json a start is an object, also where it fails", async () => {
  const host = new FakeHost();
  await install(host);
  const start = async () => await printed(() => startService(options("start --json"), host));
  const { code, output, errors } = await start();
  const { state, installed, kind, differs } = JSON.parse(output);
  assertEquals([code, state, installed, kind, differs, errors], [
    0,
    "RUNNING",
    true,
    "native",
    [],
    "",
  ]);
  await printed(() => stopService(options("stop"), host));
  host.runs = () => false;
  const failed = await start();
  assertEquals([failed.code, JSON.parse(failed.output).state, failed.errors], [1, "STOPPED", ""]);
});

Deno.test("an account that may not write into home yet is warned of, once", async () => {
  const warned = async (host: FakeHost, flags: string) =>
    (await printed(() => install(host, flags))).errors;
  const said =
    `Warning: 'NT AUTHORITY\\NetworkService' must be able to write into ${FOLDER}; --fix-permissions lets it`;
  const host = new FakeHost();
  assertEquals(await warned(host, ""), "");
  assertEquals(await warned(host, "--account NetworkService --force"), said);
  assertEquals(await warned(host, "--account NetworkService"), "");
  assertEquals(await warned(new FakeHost(), "--account NetworkService"), said);
  assertEquals(await warned(new FakeHost(), "--account NetworkService --fix-permissions"), "");
});

Deno.test("--fix-permissions says which folders are protected", async () => {
  const host = new FakeHost();
  const { output } = await printed(() => install(host, "--home D:\\warden --fix-permissions"));
  const lines = ["D:\\warden", FOLDER].map((folder) =>
    `Only Administrators, SYSTEM and the service's account can write into ${folder} now`
  );
  assertEquals(output.split("\n").slice(0, 2).sort(), lines.sort());
  assertEquals(host.calls.slice(0, 2).sort(), [`protect ${FOLDER}`, "protect D:\\warden"]);
});

Deno.test("install says how to go on, and under what the agent runs", async () => {
  const said = async (flags: string) =>
    (await printed(() => install(new FakeHost(), flags))).output.split("\n");
  assertEquals(await said(""), [
    "Installed service 'icinga-warden'; it starts with Windows",
    "Start it now: icinga-warden service start",
  ]);
  assertEquals(await said("--with nssm --name x"), [
    "Installed service 'x' under NSSM; it starts with Windows",
    "Start it now: icinga-warden service start --name x",
  ]);
});

Deno.test("with --json the outcome of install is a word, with what differs", async () => {
  const host = await withOldExe();
  const outcome = async (flags: string) => {
    const { code, output, errors } = await printed(() => install(host, `${flags} --json`.trim()));
    const { outcome, differs } = JSON.parse(output);
    assertEquals(errors, "");
    return [code, outcome, ...differs.map(({ setting }: { setting: string }) => setting)];
  };
  assertEquals(await outcome(""), [1, "differs"]);
  assertEquals(await outcome("--force"), [0, "changed"]);
  assertEquals(await outcome("--force"), [0, "unchanged"]);
  assertEquals(await outcome("--display-name X"), [1, "differs", "display name"]);
  const dry = await printed(() => install(host, "--display-name X --force --dry-run --json"));
  assertEquals(JSON.parse(dry.output)[0].slice(0, 3), ["sc.exe", "config", "icinga-warden"]);
  assertEquals(await outcome("--display-name X --force"), [0, "changed", "display name"]);
  assertEquals(await outcome("--name another"), [0, "installed"]);
});

Deno.test("what is known of an exe in another folder is said, and what --force would do", async () => {
  const host = await withOldExe();
  const { output } = await printed(() => install(host));
  assertEquals(output.split("\n"), [
    "Service 'icinga-warden' is already installed with other settings:",
    "  the service runs a different exe: D:\\old\\icinga-warden.exe",
    `  version: not known  ->  ${settings.version} (source)`,
    `  it runs the agent of D:\\old, not one of ${FOLDER}`,
    "  for a second agent, choose another --name, and name its home with --home",
    "Nothing changed; add '--force' to apply it",
  ]);
  const forced = await printed(() => install(host, "--force"));
  assertEquals(/Nothing changed|Changed service|second agent/.test(forced.output), false);
});

Deno.test("a password that is given again is said to be set by --force alone", async () => {
  const host = new FakeHost();
  await install(host, "--account DOM\\managed$");
  registration(host).account = "DOM\\user";
  const said = async (flags: string) =>
    (await printed(() => install(host, `--account DOM\\user --password${flags}`))).output;
  assertStringIncludes(
    await said(""),
    "Windows does not tell the password; '--force' sets the one that is given",
  );
  const forced = await said(" --force --dry-run");
  assertStringIncludes(forced, "  password: unknown  ->  the one that is given");
  assertEquals(forced.includes("Windows does not tell"), false);
});

Deno.test("a service of the other runner is to be uninstalled first", async () => {
  const host = new FakeHost();
  await install(host);
  const { message } = await assertRejects(() => install(host, "--with nssm --force"), Error);
  assertEquals(
    message,
    "Service 'icinga-warden' is already installed as a native service; call " +
      "'icinga-warden service uninstall' first, or choose another --name",
  );
});

Deno.test("an unsafe folder is refused with what to do, or warned of where that is allowed", async () => {
  const host = new FakeHost();
  host.safety.dangers.push(danger);
  const refused = async (flags: string) =>
    (await assertRejects(() => install(host, flags), Error)).message.split("\n").at(-1)!;
  assertMatch(await refused(""), /^Add '--fix-permissions', use another folder, name whom/);
  assertMatch(await refused("--fix-permissions"), /^Use another folder, name whom/);
  const dry = "--fix-permissions --dry-run";
  host.safety.dangers.splice(0, 1, { ...danger, path: `${FOLDER.toUpperCase()}\\DAEMONS` });
  assertEquals((await printed(() => install(host, dry))).code, 0);
  host.safety.dangers.splice(0, 1, { ...danger, path: `${FOLDER}-2\\daemons` });
  assertMatch(await refused(dry), /^Use another folder/);
  await withHome({ config: { allowUnsafeHome: true } }, async (flags, folder) => {
    const allowed = new FakeHost();
    allowed.safety.dangers.push({ ...danger, path: `${folder}/daemons` });
    allowed.safety.above.push({ ...danger, path: "D:\\" });
    allowed.safety.unread.push("It cannot be read");
    allowed.safety.notes.push("A note");
    const { errors } = await printed(() => install(allowed, flags));
    assertEquals(errors.split("\n"), [
      `Warning: Everyone (S-1-1-0) may change ${folder}/daemons`,
      "Warning: Everyone (S-1-1-0) may change D:\\",
      "Warning: It cannot be read",
      "Warning: A note",
    ]);
  });
});

Deno.test("what can be done later is warned of, and the service is installed", async () => {
  const host = new FakeHost();
  const fail = () => {
    throw new Error("it is denied");
  };
  host.grantLogon = fail;
  host.events.register = fail;
  host.database.complete = () => ["recovery"];
  const { code, errors } = await printed(() => install(host));
  assertEquals([code, errors.split("\n")], [0, [
    "Warning: This system does not know: recovery",
    "Warning: it is denied; grant it in secpol.msc",
    "Warning: No events in the Windows event log: it is denied",
  ]]);
  const remove = new FakeHost();
  await printed(() => install(remove));
  remove.events.remove = fail;
  const removed = await printed(() => uninstallService(options("uninstall"), remove));
  assertEquals([removed.code, removed.errors], [0, "icinga-warden: it is denied"]);
});

Deno.test("the source of events is registered where it is missing, and once", async () => {
  const host = new FakeHost();
  await install(host);
  await install(host, "--name second");
  assertEquals(host.calls.filter((call) => call === "register events").length, 1);
  host.events.remove();
  host.calls.length = 0;
  assertEquals(await install(host), 0);
  assertEquals(host.calls, ["register events"]);
});

Deno.test("what NSSM refuses, and that it cannot be run, is said with its words", async () => {
  const host = new FakeHost();
  host.nssmRefuses = "AppDirectory";
  const { message } = await assertRejects(() => install(host, "--with nssm"), Error);
  assertMatch(
    message,
    /^NSSM refused \(exit code 5\): \S+nssm\.exe set icinga-warden AppDirectory .*icinga-warden"?: refused$/,
  );
  const stuck = new FakeHost();
  stuck.nssmRefuses = "AppDirectory";
  stuck.database.remove = () => {
    throw new Error("it cannot be removed");
  };
  const { errors } = await printed(() =>
    assertRejects(() => install(stuck, "--with nssm"), Error, "NSSM refused")
  );
  assertEquals(errors, "Warning: it cannot be removed");
  host.run = () => Promise.reject(new Error("no such file"));
  await assertRejects(
    () => install(host, "--with nssm --name b"),
    Error,
    "Cannot run C:\\nssm\\nssm.exe: no such file; name nssm.exe with --nssm",
  );
});

Deno.test("start, stop and restart tell the state on standard output, or why not on the other", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const act = (run: typeof startService, flags = "") =>
    printed(() => run(options(`x${flags}`), host));
  const running = "Service 'icinga-warden' is RUNNING (process 42)";
  const stopped = "Service 'icinga-warden' is STOPPED";
  assertEquals(await act(startService), { code: 0, output: running, errors: "" });
  assertEquals(await act(restartService), { code: 0, output: running, errors: "" });
  assertEquals(await act(stopService), { code: 0, output: stopped, errors: "" });
  const shown = async (run: typeof startService) => (await act(run, " --dry-run")).output;
  host.calls.length = 0;
  assertEquals(await shown(startService), "net.exe start icinga-warden");
  assertEquals(await shown(stopService), "net.exe stop icinga-warden");
  assertEquals(
    await shown(restartService),
    "net.exe stop icinga-warden\nnet.exe start icinga-warden",
  );
  assertEquals(host.calls, []);
  host.runs = () => false;
  const time = Date.now() + 60_000;
  const log = [{ level: "fatal", source: "agent", message: "no home", time }] as const;
  host.logs.set("D:\\warden\\logs\\icinga-warden.log", [...log]);
  assertEquals(JSON.parse((await act(startService, " --json")).output).reason, "no home");
  const { commandLine: _line, recovery: _recovery, description: _text, ...status } = JSON.parse(
    (await act(stopService, " --json")).output,
  );
  assertEquals(status, {
    ...{ service: NAME, installed: true, state: "STOPPED", exitCode: 1066, ownCode: 2, pid: 0 },
    ...{ kind: "native", displayName: "Icinga Warden", account: "LocalSystem", start: "delayed" },
    differs: [],
  });
});

Deno.test("a service is stopped once it has started, is not stopped twice, and has 60 s", async () => {
  const host = new FakeHost();
  await install(host);
  const { stop } = host.database;
  host.database.stop = (name) => {
    assertEquals(host.database.query(name)?.state, STATE.running);
    stop(name);
  };
  const pending = (state: QueriedStatus["state"], then: QueriedStatus["state"]) => {
    const idle = { pid: 0, exitCode: 0, ownCode: 0 };
    const at = host.clock.now() + 5_000;
    host.services.get(NAME)!.status = { state, ...idle };
    host.services.get(NAME)!.next = { status: { state: then, ...idle }, at };
    host.calls.length = 0;
  };
  pending(STATE.startPending, STATE.running);
  assertEquals([await stopService(options("stop"), host), host.calls], [0, ["stop icinga-warden"]]);
  pending(STATE.stopPending, STATE.stopped);
  assertEquals([await stopService(options("stop"), host), host.calls], [0, []]);
  host.takes = 59_000;
  assertEquals(await startService(options("start"), host), 0);
  assertEquals(await stopService(options("stop"), host), 0);
  assertEquals(await startService(options("start"), host), 0);
  host.takes = 61_000;
  host.calls.length = 0;
  const late = await printed(() => restartService(options("restart"), host));
  assertEquals(late, { code: 1, output: "", errors: "Service 'icinga-warden' is STOP_PENDING" });
  assertEquals(host.calls, ["stop icinga-warden"]);
  host.takes = 0;
  await startService(options("start"), host);
  host.takes = 61_000;
  await assertRejects(
    () => uninstallService(options("uninstall"), host),
    Error,
    "Service 'icinga-warden' did not stop within 60 s; it stays installed",
  );
  assertEquals(host.services.size, 1);
});

Deno.test("what cannot be asked of a service is left out of its status", async () => {
  const host = new FakeHost();
  await install(host);
  delete (registration(host) as { recovery?: unknown }).recovery;
  assertStringIncludes((await status(host)).output, "  on failure  this system does not tell");
  registration(host).commandLine = `"${EXE}" run --home D:\\%X%`;
  const { code, output } = await status(host);
  assertEquals([code, output.includes("differs")], [3, false]);
});

Deno.test("a dry run needs no administrator, and shows what is purged alone", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\x");
  host.calls.length = 0;
  host.administrator = false;
  const dry = async (flags = "") =>
    (await printed(() => uninstallService(options(`uninstall --dry-run${flags}`), host))).output
      .split("\n");
  const steps = [
    "net.exe stop icinga-warden",
    "sc.exe delete icinga-warden",
    "reg.exe delete HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\icinga-warden /f",
  ];
  host.disk.set("D:\\x\\control.token", "");
  assertEquals(await dry(), steps);
  assertEquals(await dry(" --purge"), [...steps, "del /q D:\\x\\control.token"]);
  host.disk.set("D:\\x\\logs\\icinga-warden.log", "");
  const log = [...steps, "del /q D:\\x\\control.token", "del /q D:\\x\\logs\\icinga-warden.log"];
  assertEquals(await dry(" --purge"), [...log, "rmdir /s /q D:\\x\\logs"]);
  host.disk.set("D:\\x\\logs\\mine.log", "");
  assertEquals(await dry(" --purge"), log);
  assertEquals((await printed(() => install(host, "--dry-run"))).code, 0);
  const uninstall = () => uninstallService(options("uninstall"), host);
  await assertRejects(uninstall, Error, "open the console as administrator");
  assertEquals(host.calls, []);
});

Deno.test("who keeps a removed service is named, after 30 s", async () => {
  const host = new FakeHost();
  const uninstall = async () => {
    await install(host);
    host.held = true;
    const before = host.clock.now();
    const uninstall = () => uninstallService(options("uninstall"), host);
    const { message } = await assertRejects(uninstall, Error);
    assertEquals(Math.round((host.clock.now() - before) / 1_000), 30);
    return message.split("; ")[1];
  };
  assertEquals(await uninstall(), "close mmc.exe (process 7), or restart Windows");
  host.processes = () => [{ pid: 8, parent: 1, exe: "notmmc.exe" }];
  const others = "close services.msc, Task Manager and whatever else looks at services";
  assertEquals(await uninstall(), `${others}, or restart Windows`);
});

Deno.test("the source of events goes where nobody else is known to write there", async () => {
  const host = new FakeHost();
  await install(host);
  await install(host, "--name under_nssm --with nssm");
  const { find, names } = host.database;
  host.database.names = () => [...names(), "hidden"];
  host.database.find = (name) => {
    if (name === "hidden") throw new Error("access is denied");
    return find(name);
  };
  await uninstallService(options("uninstall"), host);
  assertEquals(host.calls.at(-1), "remove events");
});

Deno.test("what a purge leaves is listed, in JSON too", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\x");
  host.disk.set("D:\\x\\state.json", "");
  host.inUse.add("D:\\x\\state.json");
  const { code, output } = await printed(() =>
    uninstallService(options("uninstall --purge --json"), host)
  );
  const left = ["D:\\x\\state.json: the file is in use"];
  assertEquals([code, JSON.parse(output).left], [1, left]);
  await install(host, "--home D:\\x");
  const text = await printed(() => uninstallService(options("uninstall --purge"), host));
  assertEquals(text, {
    ...{ code: 1, output: "Removed service 'icinga-warden'" },
    errors: `icinga-warden: Not all of the agent's files could be removed from D:\\x; left are\n  ${
      left[0]
    }`,
  });
});

Deno.test("a stopped service whose exe is gone is upgraded without a stop and a move", async () => {
  const host = await withOldExe();
  await stopService(options("stop"), host);
  host.disk.delete("D:\\old\\icinga-warden.exe");
  host.versions.set("D:\\old\\icinga-warden.exe", "icinga-warden 0.1.0 (abc, Deno 2.7.11, x)\n");
  const { output } = await printed(() => install(host, "--force --dry-run"));
  assertEquals(output.split("\n").slice(-2), [
    `  version: not known  ->  ${settings.version} (source)`,
    `copy /y "${EXE}" D:\\old\\icinga-warden.exe`,
  ]);
});

Deno.test("what is printed names a local account as icacls takes it, and errors in JSON too", async () => {
  const print = (line: string) => printed(() => printCommands("print", options(`print ${line}`)));
  // A name can contain what a security identifier begins with.
  for (const name of ["ann", "DNS-ann"]) {
    const { output } = await print(`--fix-permissions --account .\\${name}`);
    assertMatch(output, new RegExp(` "?${name}:\\(OI\\)\\(CI\\)M`));
    assertMatch(output, / "?\*S-1-5-18:\(OI\)\(CI\)F/);
  }
  const system = await print("--fix-permissions");
  assertEquals(system.output.includes("LocalSystem:"), false);
  const dry = () => printCommands("install", options("install --account D\\u --dry-run"));
  await assertRejects(dry, UsageError, "add '--password'");
  const refused = await printed(() =>
    assertRejects(async () =>
      await serviceCommand.run(
        parse(["print", "--home", "C:\\", "--fix-permissions", "--json"], SERVICE_FLAGS),
      )
    )
  );
  const { service, error } = JSON.parse(refused.output);
  assertEquals([service, error.includes("more than the agent lies there")], [NAME, true]);
});

Deno.test("what only the Windows exe can do is refused elsewhere, with what can be done", async () => {
  if (Deno.build.os === "windows") return;
  const run = (...args: string[]) =>
    printed(async () => await serviceCommand.run(parse(args, SERVICE_FLAGS)));
  const only = (action: string) =>
    `icinga-warden: 'service ${action}' is for the Windows exe only; call it there`;
  assertEquals(await run("start"), {
    ...{ code: 1, output: "" },
    errors: `${only("start")}, or add '--dry-run' to see what it does`,
  });
  assertEquals(await run("status"), { code: 1, output: "", errors: only("status") });
  const { code, output } = await run("uninstall", "--dry-run");
  assertEquals([code, output.split("\n").length], [0, 3]);
  assertEquals((await run("stop", "--dry-run")).output, "net.exe stop icinga-warden");
});
