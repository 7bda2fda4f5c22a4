import { assertEquals, assertThrows } from "@std/assert";
import { resolve } from "node:path";
import { UsageError } from "../../../lib/cli/command.ts";
import {
  allSubjects,
  chooseSubject,
  findSubject,
  type Known,
} from "../../../lib/cli/daemon/subject.ts";
import { printed } from "../printed.ts";
import { defaultConfig, defaultDaemonConfig } from "../../../lib/config/mod.ts";

const home = resolve("home");
const module = (name: string, problem?: string) => ({
  ...{ name, file: `${home}/daemons/${name}.js`, module: `daemons/${name}.js` },
  ...(problem !== undefined && { problem }),
});
const entries = {
  mine: { ...defaultDaemonConfig(), module: "daemons/disk.js" },
  beat: { ...defaultDaemonConfig(), module: "heartbeat" },
  disk: defaultDaemonConfig(),
  gone: defaultDaemonConfig(),
};
const known = {
  paths: { home, configFile: `${home}/icinga-warden.json`, configNamed: false },
  loaded: { config: { ...defaultConfig(), daemons: entries } },
  modules: [module("disk"), module("other"), module("twice", "twice.js: there is a twice.ts")],
} as unknown as Known;

Deno.test("a daemon is what its entry names, what is built in, a module of home, or a path", () => {
  const disk = { module: "daemons/disk.js", file: `${home}/daemons/disk.js` };
  const other = { module: "daemons/other.js", file: `${home}/daemons/other.js` };
  const path = { module: "daemons/new.js", file: resolve(home, "daemons/new.js") };
  const heartbeat = { module: null, builtin: "heartbeat" };
  const rows: [name: string, module: string | undefined, found: Record<string, unknown>][] = [
    ["disk", undefined, { ...disk, entry: entries.disk }],
    ["mine", undefined, { ...disk, entry: entries.mine }],
    ["mine", "other", { ...other, entry: entries.mine }],
    ["beat", undefined, { ...heartbeat, entry: entries.beat }],
    ["heartbeat", undefined, heartbeat],
    ["fresh", "heartbeat", heartbeat],
    ["fresh", "daemons/other.js", other],
    ["fresh", "daemons/new.js", path],
    ["fresh", "daemons/twice.js", module("twice")],
  ];
  for (const [name, module, found] of rows) {
    assertEquals({ ...findSubject(name, known, module) }, { ...found, name } as never);
  }
});

Deno.test("a daemon that is not there, or cannot be used, is refused with what would be right", () => {
  const rows: [name: string, module: string | undefined, message: string][] = [
    [
      "othr",
      undefined,
      `No daemon 'othr' is built in or lies in ${resolve(home, "daemons")}; did you`,
    ],
    ["toString", undefined, "No daemon 'toString' is built in"],
    ["twice", undefined, "twice.js: there is a twice.ts"],
    ["../x", undefined, "'../x' is not a valid name for a daemon; expected small letters"],
    ["fresh", "../new.js", "Flag '--module' is '../new.js'; "],
  ];
  for (const [name, module, message] of rows) {
    assertThrows(() => findSubject(name, known, module), UsageError, message);
  }
  const gone = allSubjects(known).find(({ name }) => name === "gone")!;
  assertEquals([gone.module, gone.problem?.startsWith("No daemon 'gone' is")], ["not found", true]);
  const names = allSubjects(known).map(({ name }) => name);
  for (const name of ["mine", "disk", "other", "heartbeat"]) {
    assertEquals(names.filter((other) => other === name), [name]);
  }
  assertEquals(names.includes("twice"), false);
});

Deno.test("a command about a built-in daemon warns of a module that has its name", async () => {
  const hidden = module("heartbeat", "heartbeat.js: has the name of a built-in daemon");
  const both = { ...known, modules: [...known.modules, hidden] };
  const errors = async (name: string, module?: string) =>
    (await printed(() => void chooseSubject(name, both, module))).errors;
  const warning = "Warning: heartbeat.js: has the name of a built-in daemon";
  assertEquals(await errors("heartbeat"), warning);
  assertEquals(await errors("fresh", "heartbeat"), warning);
  assertEquals(await errors("fresh", "daemons/heartbeat.js"), "");
  assertEquals(await errors("disk"), "");
  assertEquals((await printed(() => allSubjects(both))).errors, "");
});
