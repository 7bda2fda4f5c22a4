import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { ServiceError, type ServiceErrorKind } from "../../lib/service/error.ts";
import { WindowsServiceManager } from "../../lib/service/windows.ts";

/** The stand-ins are shell scripts; nothing is left over: no timer, no pipe, no process. */
const options = {
  ignore: Deno.build.os === "windows",
  sanitizeOps: true,
  sanitizeResources: true,
};

/** What the stand-ins for `sc` and `net` do: shell scripts, in a folder of their own. */
interface Scripts {
  sc?: string;
  net?: string;
}

/** Prints what `sc query` would say of a service whose state's number stands in the file `state`. */
const query = `number=$(cat state); printf 'SERVICE_NAME: x\\r\\n        TYPE : 10  OWN\\r\\n'
printf '        STATE : %s  WORD\\r\\n' "$number"`;

/** Runs a test with a manager whose programs are scripts; each call is noted in the file `calls`. */
async function withScripts(
  scripts: Scripts,
  test: (manager: WindowsServiceManager, folder: string, clock: ManualClock) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock();
  try {
    const programs = { sc: `${folder}/sc`, net: `${folder}/net` };
    for (const [name, script] of Object.entries({ sc: query, net: "exit 9", ...scripts })) {
      const text = `#!/bin/sh\ncd '${folder}'\necho "${name} $*" >>calls\n${script}\n`;
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
    }
    await Deno.writeTextFile(`${folder}/state`, "4");
    await test(new WindowsServiceManager(programs, { clock }), folder, clock);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function calls(folder: string): Promise<string[]> {
  return (await Deno.readTextFile(`${folder}/calls`)).trim().split("\n");
}

function windowsTest(
  name: string,
  scripts: Scripts,
  test: Parameters<typeof withScripts>[1],
): void {
  Deno.test({ name, ...options, fn: () => withScripts(scripts, test) });
}

async function assertKind(call: Promise<unknown>, kind: ServiceErrorKind): Promise<ServiceError> {
  const error = await assertRejects(() => call, ServiceError);
  assertEquals(error.kind, kind);
  return error;
}

windowsTest("a query says what sc says", {}, async (manager, folder) => {
  assertEquals(await manager.query("Icinga 2"), "RUNNING");
  await Deno.writeTextFile(`${folder}/state`, "7");
  assertEquals(await manager.query("Icinga 2"), "PAUSED");
  assertEquals(await calls(folder), ["sc query Icinga 2", "sc query Icinga 2"]);
});

windowsTest(
  "a service that is not installed has no state",
  { sc: "echo '[SC] EnumQueryServicesStatus:OpenService FAILED 1060:'" },
  async (manager) => {
    assertEquals(await manager.query("icinga2"), undefined);
    await assertKind(manager.restart("icinga2"), "not-installed");
  },
);

windowsTest("a query that is denied says so", { sc: "exit 5" }, async (manager) => {
  assertEquals((await assertKind(manager.query("icinga2"), "access-denied")).code, 5);
});

windowsTest(
  "an answer that cannot be read is an error without the answer",
  { sc: "echo SECRET; echo ' SECRET: 10 SECRET'" },
  async (manager) => {
    const error = await assertKind(manager.query("icinga2"), "unreadable");
    assertEquals(error.message.includes("SECRET"), false);
  },
);

windowsTest(
  "a flood for an answer cannot be read",
  { sc: "yes | head -c 3000000" },
  async (manager) => {
    await assertKind(manager.query("icinga2"), "unreadable");
  },
);

windowsTest("a start and a stop are net's", { net: "exit 0" }, async (manager, folder) => {
  await manager.start("icinga2");
  await manager.stop("icinga2");
  assertEquals(await calls(folder), ["net start icinga2", "net stop icinga2"]);
});

for (const [action, number] of [["start", 2182], ["stop", 3521]] as const) {
  windowsTest(
    `a ${action} that finds nothing to do is a success`,
    { net: `printf 'No.\\r\\n\\r\\nNET HELPMSG ${number}\\r\\n' >&2; exit 2` },
    (manager) => manager[action]("icinga2"),
  );
}

windowsTest(
  "a start that net refuses with a number is that number's error",
  {
    net: "printf 'Systemfehler 1058 aufgetreten.\\r\\n\\r\\nEr ist deaktiviert.\\r\\n' >&2; exit 2",
  },
  async (manager, folder) => {
    assertEquals((await assertKind(manager.start("icinga2"), "disabled")).code, 1058);
    assertEquals(await calls(folder), ["net start icinga2"]);
  },
);

windowsTest(
  "where net names no number, sc's exit code is the verdict",
  { net: "echo 'Service is disabled.'; exit 1", sc: "exit 5" },
  async (manager, folder) => {
    await assertKind(manager.start("icinga2"), "access-denied");
    assertEquals(await calls(folder), ["net start icinga2", "sc start icinga2"]);
  },
);

windowsTest(
  "where net names no number and sc can do it, it is done",
  { net: "exit 1", sc: "exit 0" },
  async (manager, folder) => {
    await manager.stop("icinga2");
    assertEquals(await calls(folder), ["net stop icinga2", "sc stop icinga2"]);
  },
);

windowsTest(
  "a restart stops, starts, and waits until a query says that it runs",
  {
    sc: `if [ "$(cat state)" = 2 ] && [ -e looked ]; then echo 4 >state; fi
[ "$(cat state)" = 2 ] && touch looked
${query}`,
    net: "case $1 in stop) echo 1 >state ;; start) echo 2 >state ;; esac",
  },
  async (manager, folder, clock) => {
    const restarted = manager.restart("icinga2");
    await untilDone(restarted, clock);
    assertEquals(await calls(folder), [
      "sc query icinga2",
      "net stop icinga2",
      "sc query icinga2",
      "net start icinga2",
      "sc query icinga2",
      "sc query icinga2",
    ]);
  },
);

windowsTest(
  "a restart whose start is accepted is no success while the service is stopped",
  { net: "echo 1 >state" },
  async (manager) => {
    await assertKind(manager.restart("icinga2"), "crashed");
  },
);

windowsTest(
  "a paused service is continued, and restarted where net knows no continue",
  { net: "case $1 in stop) echo 1 >state ;; start) echo 4 >state ;; esac" },
  async (manager, folder) => {
    await Deno.writeTextFile(`${folder}/state`, "7");
    await manager.restart("icinga2");
    assertEquals((await calls(folder)).filter((call) => call.startsWith("net")), [
      "net continue icinga2",
      "net stop icinga2",
      "net start icinga2",
    ]);
  },
);

for (const [action, limit] of [["query", 10_000], ["start", 60_000], ["stop", 60_000]] as const) {
  const hang = "exec sleep 60";
  windowsTest(
    `a ${action} that hangs ends at its limit`,
    { sc: hang, net: hang },
    async (manager, folder, clock) => {
      const call = manager[action]("icinga2");
      call.catch(() => {});
      await clock.advance(limit);
      const error = await assertKind(call, "timeout");
      const program = `${folder}/${action === "query" ? "sc" : "net"}`;
      assertEquals(
        error.message,
        `Cannot ${action} service 'icinga2': '${program}' had not ended after ${
          limit / 1000
        }s and was killed; see in services.msc whether the service hangs`.replace("60s", "1m"),
      );
    },
  );
}

windowsTest("an abort is thrown as it is", { sc: "exec sleep 60" }, async (manager) => {
  const abort = new AbortController();
  const call = manager.query("icinga2", abort.signal);
  abort.abort(new Error("shutting down"));
  await assertRejects(() => call, Error, "shutting down");
});

windowsTest("a program that is not there is named", {}, async (_, folder) => {
  const programs = { sc: `${folder}/nothing`, net: `${folder}/state` };
  const manager = new WindowsServiceManager(programs);
  const gone = await assertKind(manager.query("icinga2"), "unavailable");
  assertStringIncludes(gone.message, "NotFound");
  assertStringIncludes(gone.message, programs.sc);
  const refused = await assertKind(manager.start("icinga2"), "unavailable");
  assertStringIncludes(refused.message, "PermissionDenied");
  assertStringIncludes(refused.message, programs.net);
});

windowsTest("a name that no service can have is not handed on", {}, async (manager) => {
  for (const call of ["query", "start", "stop", "restart"] as const) {
    await assertRejects(() => manager[call]("state="), TypeError, "Cannot use");
  }
});

windowsTest(
  "sc tells the start type and the name, and sets the former",
  {
    sc: `case $1 in
qc) printf '[SC] OK\\r\\nSERVICE_NAME: x\\r\\n  TYPE : 10  OWN\\r\\n  START_TYPE : 4  DISABLED\\r\\n' ;;
getkeyname) printf '[SC] OK\\r\\nName = icinga2\\r\\n' ;;
config) test "$2" = icinga2 || exit 5 ;;
esac`,
  },
  async (manager, folder) => {
    assertEquals(await manager.isDisabled("icinga2"), true);
    assertEquals(await manager.nameOf("Icinga 2"), "icinga2");
    await manager.enable("icinga2");
    await assertKind(manager.enable("other"), "access-denied");
    assertEquals(await calls(folder), [
      "sc qc icinga2",
      "sc getkeyname Icinga 2",
      "sc config icinga2 start= auto",
      "sc config other start= auto",
    ]);
  },
);

/**
 * Stand-ins for a machine on which `app` and `mid` depend on `icinga2`, `app` on `mid` too, and `idle`, which does not
 * run. The file `state.NAME` holds a state's number; `icinga2` is not stopped while a dependent runs. A file
 * `refuse.VERB.NAME` has net refuse that with the error in it; the file `pending.NAME` holds the state's number after a
 * stop.
 */
const withDependents = {
  sc: `show() {
  number=$(cat state.$1)
  printf '\\r\\nSERVICE_NAME: %s\\r\\nDISPLAY_NAME: The %s\\r\\n        TYPE : 10  OWN\\r\\n' "$1" "$1"
  printf '        STATE : %s  WORD\\r\\n' "$number"
}
case $1 in
  query) show $2 ;;
  enumdepend) printf 'Enum: entriesread = 3\\r\\n'; show app; show idle; show mid ;;
esac`,
  net: `if [ -e refuse.$1.$2 ]; then error=$(cat refuse.$1.$2); fi
if [ "$1 $2" = "stop icinga2" ] && [ "$(cat state.app state.mid state.idle | tr -d '1\\n')" != "" ]; then error=1051; fi
if [ "$error" != "" ]; then
  printf 'System error %s has occurred.\\r\\n\\r\\nIt is refused.\\r\\n' "$error" >&2; exit 2
fi
case $1 in stop) cp pending.$2 state.$2 2>/dev/null || echo 1 >state.$2 ;; start) echo 4 >state.$2 ;; esac`,
};

/** A case on that machine: each service's state's number, in the order icinga2, app, mid, idle. */
function dependentsTest(
  name: string,
  states: [icinga2: number, app: number, mid: number, idle: number],
  test: Parameters<typeof withScripts>[1],
): void {
  windowsTest(name, withDependents, async (manager, folder, clock) => {
    for (const [i, service] of ["icinga2", "app", "mid", "idle"].entries()) {
      await Deno.writeTextFile(`${folder}/state.${service}`, `${states[i]}\n`);
    }
    await test(manager, folder, clock);
  });
}

const netCalls = async (folder: string) =>
  (await calls(folder)).filter((call) => call.startsWith("net")).map((call) => call.slice(4));

dependentsTest(
  "services that depend on one are stopped before it, and those that ran are started after it",
  [4, 4, 4, 1],
  async (manager, folder) => {
    assertEquals(await manager.restart("icinga2"), true);
    assertEquals(await netCalls(folder), [
      "stop icinga2",
      "stop app",
      "stop mid",
      "stop icinga2",
      "start icinga2",
      "start mid",
      "start app",
    ]);
    assertEquals((await calls(folder)).includes("sc enumdepend icinga2 65536"), true);
    assertEquals(await manager.query("idle"), "STOPPED");
  },
);

dependentsTest(
  "a paused service on which others depend is brought back",
  [7, 7, 4, 1],
  async (manager, folder) => {
    await Deno.writeTextFile(`${folder}/refuse.continue.icinga2`, "2191");
    await manager.restart("icinga2", undefined, "PAUSED");
    assertEquals((await netCalls(folder)).slice(0, 2), ["continue icinga2", "stop icinga2"]);
    assertEquals(await manager.query("icinga2"), "RUNNING");
    assertEquals(await manager.query("mid"), "RUNNING");
    assertEquals(await manager.query("app"), "STOPPED", "somebody had paused it");
  },
);

dependentsTest(
  "where one that depends on it cannot be stopped it goes on, and so do the others",
  [4, 4, 4, 1],
  async (manager, folder) => {
    await Deno.writeTextFile(`${folder}/refuse.stop.mid`, "5");
    const error = await assertKind(manager.restart("icinga2"), "failed");
    assertStringIncludes(error.message, "Cannot stop service 'mid': access is denied (5)");
    assertStringIncludes(error.message, "it depends on 'icinga2'");
    assertEquals(await netCalls(folder), [
      ...["stop icinga2", "stop app", "stop mid"],
      ...["start mid", "start app"],
    ]);
    assertEquals(await manager.query("icinga2"), "RUNNING");
    assertEquals(await manager.query("app"), "RUNNING");
  },
);

dependentsTest(
  "those that were stopped for it are started when it runs, however late and by whom",
  [4, 4, 4, 1],
  async (manager, folder) => {
    await Deno.writeTextFile(`${folder}/refuse.start.icinga2`, "1053");
    await assertKind(manager.restart("icinga2"), "no-answer");
    assertEquals(await manager.query("icinga2"), "STOPPED");
    await Deno.writeTextFile(`${folder}/state.icinga2`, "4");
    await Deno.writeTextFile(`${folder}/refuse.start.mid`, "1058");
    const error = await assertKind(manager.query("icinga2"), "failed");
    assertStringIncludes(error.message, "Cannot start service 'mid': it is disabled (1058)");
    assertEquals((await netCalls(folder)).slice(-2), ["start mid", "start app"]);
    assertEquals(await manager.query("icinga2"), "RUNNING", "each is tried once");
  },
);

dependentsTest(
  "those that were stopped in an earlier attempt are started as well, each once",
  [4, 4, 4, 1],
  async (manager, folder) => {
    await Deno.writeTextFile(`${folder}/refuse.start.icinga2`, "1053");
    await assertKind(manager.restart("icinga2"), "no-answer");
    for (const name of ["icinga2", "app"]) {
      await Deno.writeTextFile(`${folder}/state.${name}`, "4\n");
    }
    await manager.stop("icinga2");
    await Deno.writeTextFile(`${folder}/state.icinga2`, "4\n");
    assertEquals(await manager.query("icinga2"), "RUNNING");
    assertEquals((await netCalls(folder)).slice(-2), ["start mid", "start app"]);
  },
);

dependentsTest(
  "a dependent that is slow to stop is awaited",
  [4, 1, 4, 1],
  async (manager, folder, clock) => {
    await Deno.writeTextFile(`${folder}/pending.mid`, "3\n");
    const restarted = manager.restart("icinga2");
    for (let looks = 0; looks < 3; looks++) {
      await untilItWaits(clock);
      assertEquals(await netCalls(folder), ["stop icinga2", "stop mid"]);
      await clock.advance(250);
    }
    // Replaced, since a query may be reading it.
    await Deno.writeTextFile(`${folder}/new`, "1\n");
    await Deno.rename(`${folder}/new`, `${folder}/state.mid`);
    assertEquals(await untilDone(restarted, clock), true);
    assertEquals((await netCalls(folder)).slice(2), [
      ...["stop icinga2", "start icinga2", "start mid"],
    ]);
  },
);

dependentsTest(
  "a dependent that does not stop within the limit ends the restart",
  [4, 1, 4, 1],
  async (manager, folder, clock) => {
    await Deno.writeTextFile(`${folder}/pending.mid`, "3\n");
    const restarted = manager.restart("icinga2");
    const failed = assertKind(restarted, "timeout");
    for (let waited = 0; waited < 60_000; waited += 5_000) {
      await untilItWaits(clock);
      await clock.advance(5_000);
    }
    const { message } = await failed;
    assertStringIncludes(message, "service 'mid': it is still STOP_PENDING after 1m");
  },
);

windowsTest(
  "how far a pending service is, its last query has told; of any other nothing is known",
  { sc: `${query}; printf '        CHECKPOINT : 0x5\\r\\n        WAIT_HINT : 0x3e8 \\r\\n'` },
  async (manager, folder) => {
    await manager.query("icinga2");
    assertEquals(manager.progress("icinga2"), { checkpoint: 0, waitHint: 0 });
    await Deno.writeTextFile(`${folder}/state`, "2");
    await manager.query("icinga2");
    assertEquals(manager.progress("icinga2"), { checkpoint: 5, waitHint: 1_000 });
    assertEquals(manager.progress("other"), { checkpoint: 0, waitHint: 0 });
  },
);

/** Resolves once no process runs and the manager waits between two queries. */
async function untilItWaits(clock: ManualClock): Promise<void> {
  for (let tries = 0; clock.nextWake !== clock.now() + 250; tries++) {
    assert(tries < 20_000, "it never waits");
    await delay();
  }
}

/** Moves time on while the manager waits between two queries: a process that runs would reach its limit. */
async function untilDone<T>(restarted: Promise<T>, clock: ManualClock): Promise<T> {
  let done = false;
  restarted.finally(() => done = true).catch(() => {});
  while (!done) {
    if (clock.nextWake === clock.now() + 250) await clock.advance(250);
    else await delay();
  }
  return await restarted;
}

/** Lets what real processes do come in. */
function delay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
