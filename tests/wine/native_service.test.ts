import { assertEquals, assertMatch } from "@std/assert";
import { CONTROL, STATE } from "../../lib/windows/service_status.ts";
import { type Home, testRealWindows, testWindows, until, type Windows } from "./machine.ts";

const WARDEN = "warden tést ä";
const SERVICE = "warden_test";
const ALL_CONTROLS = 0x107;

const configuration = (daemons: Record<string, unknown>): Record<string, string> => ({
  // Any port that is free: another agent on this machine may hold the usual one.
  "icinga-warden.json": JSON.stringify({ daemons, control: { listen: "127.0.0.1:0" } }),
});

const watching = configuration({
  icinga_agent_service: { arguments: { service: SERVICE, interval: "1s" } },
});

/** Registers the exe of a home as a service, as the service control manager starts it, and starts it. */
async function start(windows: Windows, home: Home): Promise<void> {
  await windows.register(WARDEN, `"${home.inside}\\icinga-warden.exe" run`);
  await windows.run("net.exe", "start", WARDEN);
}

const inState = (windows: Windows, state: number) =>
  until(
    `state ${state}`,
    async () => (await windows.control(WARDEN, 0)).state === state,
    async () => JSON.stringify(await windows.control(WARDEN, 0)),
  );

testWindows("the agent is a service: it runs, and stops in order", async (windows) => {
  const home = await windows.home(watching, "a home ä ü");
  await start(windows, home);
  await inState(windows, STATE.running);
  assertEquals((await windows.control(WARDEN, 0)).accepts, ALL_CONTROLS);
  await home.logged(/Started icinga-warden/);
  await windows.run("net.exe", "stop", WARDEN);
  await inState(windows, STATE.stopped);
  const { exitCode, ownCode } = await windows.control(WARDEN, 0);
  assertEquals({ exitCode, ownCode }, { exitCode: 0, ownCode: 0 });
  assertMatch(
    await home.log(),
    /agent: Service 'warden tést ä' was asked to stop: stopping\n.*agent: Stopped\n$/,
  );
  await until("no process is left", async () => (await windows.processes()).length === 0);
});

testWindows("registered with nothing but the exe the agent is a service too", async (windows) => {
  const home = await windows.home(watching);
  await windows.register(WARDEN, `"${home.inside}\\icinga-warden.exe"`);
  await windows.run("net.exe", "start", WARDEN);
  await inState(windows, STATE.running);
  assertMatch(await home.logged(/Started icinga-warden/), /Started/);
});

testWindows("a service that crashes is restarted by the agent as a service", async (windows) => {
  await windows.install(SERVICE);
  const home = await windows.home(watching);
  await start(windows, home);
  await home.logged(/Service 'warden_test' is RUNNING/);
  await windows.fault(SERVICE, "crash");
  const log = await home.logged(
    /Restarted service 'warden_test': it is RUNNING \(restart_error 0\)/,
  );
  assertEquals(await windows.state(SERVICE), STATE.running);
  // The warning that it has stopped is an event, too.
  assertEquals(/Cannot (open|write) the Windows event log/.test(log), false, log);
});

testWindows("a paused agent restarts nothing until it is continued", async (windows) => {
  await windows.install(SERVICE);
  const home = await windows.home(watching);
  await start(windows, home);
  await home.logged(/Service 'warden_test' is RUNNING/);
  assertEquals((await windows.control(WARDEN, CONTROL.pause)).error, 0);
  await inState(windows, STATE.paused);
  await windows.fault(SERVICE, "crash");
  await until("it crashed", async () => await windows.state(SERVICE) === STATE.stopped);
  // Three beats of the daemon go by, each of which would start the service.
  await windows.run("ping.exe", "-n", "4", "127.0.0.1");
  assertEquals(await windows.state(SERVICE), STATE.stopped);
  assertEquals((await windows.control(WARDEN, CONTROL.continue)).error, 0);
  await inState(windows, STATE.running);
  await home.logged(/Restarted service 'warden_test'/);
});

testWindows("a pause that a command ends is over for Windows too", async (windows) => {
  const home = await windows.home(watching);
  await start(windows, home);
  await home.logged(/Started/);
  await inState(windows, STATE.running);
  await windows.control(WARDEN, CONTROL.pause);
  await inState(windows, STATE.paused);
  assertEquals((await home.warden("resume")).code, 0);
  await inState(windows, STATE.running);
});

testWindows("a command line that cannot be used is told to Windows", async (windows) => {
  const home = await windows.home(watching);
  await windows.register(WARDEN, `"${home.inside}\\icinga-warden.exe" run --home Z:\\nowhere`);
  await windows.run("net.exe", "start", WARDEN);
  await inState(windows, STATE.stopped);
  const { exitCode, ownCode } = await windows.control(WARDEN, 0);
  assertEquals({ exitCode, ownCode }, { exitCode: 1066, ownCode: 2 });
});

testWindows("while a daemon hangs, a stop shows signs of life, and ends", async (windows) => {
  const home = await windows.home({
    ...configuration({ stubborn: { module: "stubborn.js" } }),
    "stubborn.js": `export default { name: "stubborn", description: "", run: (context) => {
        context.log.info("began");
        return new Promise(() => {});
      } };`,
  });
  await start(windows, home);
  await home.logged(/began/);
  await inState(windows, STATE.running);
  const { state, waitHint } = await windows.control(WARDEN, CONTROL.stop);
  assertEquals({ state, waitHint }, { state: STATE.stopPending, waitHint: 10_000 });
  await until("a sign of life", async () => {
    const { state, checkpoint } = await windows.control(WARDEN, 0);
    return state === STATE.stopPending && checkpoint > 1;
  });
  await inState(windows, STATE.stopped);
  assertEquals((await windows.control(WARDEN, 0)).exitCode, 0);
  assertMatch(await home.log(), /stubborn.* did not stop within 5 s[^]*agent: Stopped\n$/);
});

testWindows("at a stop what is to be kept is saved, and the log is whole", async (windows) => {
  const keeper = `export default {
    name: "keeper",
    description: "",
    maps: { Kept: { persistent: true } },
    run(context) {
      const map = context.state.map("Kept");
      context.log.info("had " + map.get("value"));
      return context.sleep(1e9).catch(() => {}).then(() => {
        map.set("value", "the last word");
        context.log.info("gone");
      });
    },
  };`;
  const home = await windows.home({
    ...configuration({ keeper: {} }),
    "daemons/keeper.js": keeper,
  });
  await start(windows, home);
  await home.logged(/had undefined/);
  await windows.run("net.exe", "stop", WARDEN);
  await inState(windows, STATE.stopped);
  assertMatch(await home.log(), /keeper.*: gone\n[^]*agent: Stopped\n$/);
  assertMatch(await home.read("state.json"), /the last word/);
  await windows.run("net.exe", "start", WARDEN);
  await home.logged(/had the last word/);
});

testWindows("a start that fails is told as an error of the service's own", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "log": { "level": "loud" } }` });
  await start(windows, home);
  await inState(windows, STATE.stopped);
  const { exitCode, ownCode } = await windows.control(WARDEN, 0);
  assertEquals({ exitCode, ownCode }, { exitCode: 1066, ownCode: 2 });
  assertMatch(await home.log(), /\[FATAL\] agent: .*log\.level: .*"loud"/);
});

testWindows("a control that asks for nothing leaves it as it is", async (windows) => {
  await start(windows, await windows.home(watching));
  await inState(windows, STATE.running);
  // 130 is a control of the user's own: Windows hands back the service's refusal, Wine does not.
  await windows.control(WARDEN, 130);
  const { error, state } = await windows.control(WARDEN, CONTROL.interrogate);
  assertEquals({ error, state }, { error: 0, state: STATE.running });
});

testWindows(
  "a main thread that never listens: controls are answered, and a stop ends it",
  async (windows) => {
    const home = await windows.home({}, "home", "busy_service");
    const started = start(windows, home);
    await until("a sign of life at the start", async () => {
      const { state, checkpoint } = await windows.control(WARDEN, 0);
      return state === STATE.startPending && checkpoint > 1;
    });
    await home.write("go", "");
    await started;
    await inState(windows, STATE.running);
    for (let i = 0; i < 3; i++) {
      assertEquals((await windows.control(WARDEN, CONTROL.interrogate)).error, 0);
    }
    assertEquals((await windows.control(WARDEN, CONTROL.stop)).state, STATE.stopPending);
    await inState(windows, STATE.stopped);
    const { exitCode, ownCode } = await windows.control(WARDEN, 0);
    assertEquals({ exitCode, ownCode }, { exitCode: 1066, ownCode: 3 });
  },
  "busy_service",
);

const small = `export default { name: "small", description: "", run: (c) => c.log.info("hi") };`;

/** A home with a module, whose configuration says `others` as well. */
const withSmall = (others: Record<string, unknown> = {}, module?: string) => ({
  "icinga-warden.json": JSON.stringify({
    daemons: { small: module === undefined ? {} : { module } },
    control: { listen: "127.0.0.1:0" },
    ...others,
  }),
  "daemons/small.js": small,
});

testWindows("modules of a folder that everyone may write into are not run", async (windows) => {
  const home = await windows.home(withSmall({ allowUnsafeHome: true }));
  await home.openToEveryone();
  await home.openToEveryone("icinga-warden.json");
  await start(windows, home);
  const log = await home.logged(/Daemon 'small' is not run/);
  assertMatch(log, /\[WARNING\] agent: Everyone \(S-1-1-0\) may change/);
  assertMatch(log, /"allowUnsafeHome" does not count/, "others could have written that");
});

testWindows("they are run where an administrator's configuration allows it", async (windows) => {
  const home = await windows.home(withSmall({ allowUnsafeHome: true }));
  // What is made in a folder that is open already inherits that on Windows; the file stays an administrator's.
  await home.openToEveryone("daemons");
  await start(windows, home);
  const log = await home.logged(/small::run::Main::0: hi/);
  assertMatch(log, /\[WARNING\] agent: Everyone \(S-1-1-0\) may change/);
});

testWindows(
  "they are run where those who may write are trusted by a safe configuration",
  async (windows) => {
    const home = await windows.home(withSmall({ trustedWriters: ["S-1-1-0", "nobody here"] }));
    await home.openToEveryone("daemons");
    await start(windows, home);
    const log = await home.logged(/small::run::Main::0: hi/);
    assertMatch(log, /\[WARNING\] agent: "trustedWriters": Cannot find account 'nobody here'/);
    assertEquals(/Everyone.* may change/.test(log), false, log);
  },
);

testRealWindows("a user who belongs to Administrators may write", async (windows) => {
  const home = await windows.home(withSmall());
  const user = (await windows.run("cmd.exe", "/c", "echo", "%USERNAME%")).output.trim();
  const rights = ["/grant", `${user}:(OI)(CI)M`];
  assertEquals((await windows.run("icacls.exe", `${home.inside}\\daemons`, ...rights)).code, 0);
  await start(windows, home);
  const log = await home.logged(/small/);
  assertEquals(log.includes(`\\${user} (S-1-`), false, log);
});

testWindows("a configuration allows unsafe modules from the next start on", async (windows) => {
  const home = await windows.home(withSmall());
  await home.openToEveryone("daemons");
  await start(windows, home);
  await home.logged(/Daemon 'small' is not run/);
  const { "icinga-warden.json": changed } = withSmall({ allowUnsafeHome: true });
  await home.write("icinga-warden.json", changed);
  await home.logged(/Changes of allowUnsafeHome count from the next start on/);
  await home.write("daemons/small.js", `${small}\n`);
  await windows.run("net.exe", "stop", WARDEN);
  await inState(windows, STATE.stopped);
  assertEquals(/small::run::Main::0: hi/.test(await home.log()), false);
  await windows.run("net.exe", "start", WARDEN);
  await home.logged(/small::run::Main::0: hi/);
});

testWindows("a module is as safe as what it imports", async (windows) => {
  const home = await windows.home({
    ...withSmall(),
    "daemons/small.js": `import "./lib/go.js"; ${small}`,
    "daemons/lib/go.js": "",
  });
  await home.openToEveryone("daemons/lib");
  await start(windows, home);
  await home.logged(/Daemon 'small' is not run, for others .*daemons\\lib/);
});

testWindows("a module that lies elsewhere is as safe as the folders above it", async (windows) => {
  const elsewhere = await windows.home({ "par/m/small.js": small }, "elsewhere");
  await elsewhere.openToEveryone("par");
  const home = await windows.home(withSmall({}, `${elsewhere.inside}\\par\\m\\small.js`));
  await start(windows, home);
  await home.logged(/Daemon 'small' is not run, for others .*\\par/);
});

testWindows(
  "a service in whose configuration's folder others write runs no module",
  async (windows) => {
    const shared = await windows.home(
      { "shr/c.json": withSmall()["icinga-warden.json"] },
      "shared",
    );
    await shared.openToEveryone("shr");
    const home = await windows.home(withSmall());
    const args = `run --config ${shared.inside}\\shr\\c.json`;
    await windows.register(WARDEN, `"${home.inside}\\icinga-warden.exe" ${args}`);
    await windows.run("net.exe", "start", WARDEN);
    await home.logged(/Daemon 'small' is not run, for others .*\\shr/);
  },
);
