import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  configSignature,
  diagnose,
  procHolder,
  procTree,
  type ReadEvents,
  readValidation,
  validate,
  type Validation,
} from "../../lib/icinga/mod.ts";
import { fixture, netstrings } from "./fixture.ts";
import { hasIcinga, nodes } from "./nodes.ts";

const OUTPUT = `[2026-11-29 13:51:48 +0000] information/cli: Loading configuration file(s).
[2026-11-29 13:51:48 +0000] critical/config: Error: syntax error, unexpected end of file
Location: in C:\\ProgramData\\icinga2\\etc\\icinga2\\x.conf: 12:0-12:0
C:\\x.conf(12):
[2026-11-29 13:51:48 +0000] critical/cli: Config validation failed.
`;

Deno.test("the output of daemon -C says what is wrong and where", () => {
  const invalid = {
    is: "invalid",
    text: "syntax error, unexpected end of file",
    place: "C:\\ProgramData\\icinga2\\etc\\icinga2\\x.conf:12",
  } as const;
  assertEquals(readValidation(1, OUTPUT), invalid);
  assertEquals(readValidation(1, OUTPUT.replaceAll("\n", "\r\n")), invalid);
  assertEquals(readValidation(1, "[x] critical/config: 1 error").place, undefined);
  // As Icinga 2.13.6 says it of a key that belongs to another certificate.
  const key = `Error with private key file 'agent.key': 92274804, "key values mismatch"`;
  const output = `[x] critical/SSL: ${key}\n${OUTPUT.replace("syntax error", "Cannot make SSL")}`;
  assertEquals(readValidation(1, output.replace(/^.*cli: Loading.*\n/m, "")), {
    is: "invalid",
    text: key,
  });
  assertEquals(readValidation(1, "[x] critical/cli: Could not create temporary file"), {
    is: "unknown",
    text: "'icinga2 daemon -C' ended with exit code 1: Could not create temporary file",
  });
  assertEquals(readValidation(1, `[x] critical/config: ${"x".repeat(400)}`).text.length, 300);
  assertEquals(readValidation(0, "").is, "valid");
  assertEquals(readValidation(3, "").is, "unknown");
});

Deno.test("the configuration's signature changes with each of its files, and with nothing else", async () => {
  await using made = await fixture();
  await made.write("var/lib/icinga2/api/packages/_api/active.conf", "a");
  await made.write("etc/icinga2/conf.d/hosts.conf", "a", 60_000);
  const first = await configSignature(made.folder);
  await made.write("var/lib/icinga2/icinga2.state", "a");
  assertEquals(await configSignature(made.folder), first);
  await made.write("etc/icinga2/conf.d/hosts.conf", "b");
  const second = await configSignature(made.folder);
  await made.write("var/lib/icinga2/api/packages/_api/include.conf", "b");
  const third = await configSignature(made.folder);
  await made.write("var/lib/icinga2/certs/agent.key", "a");
  assertEquals(new Set([first, second, third, await configSignature(made.folder)]).size, 4);
});

Deno.test("a folder of the configuration that cannot be listed hides no other", async () => {
  await using made = await fixture();
  await made.write("etc/icinga2", "a file");
  const first = await configSignature(made.folder);
  await made.write("var/lib/icinga2/certs/ca.crt", "a");
  assertNotEquals(await configSignature(made.folder), first);
});

const line = (age: number, text: string) =>
  `[${new Date(Date.now() - age).toISOString().replace("T", " ").slice(0, 19)} +0000] ${text}\n`;

Deno.test("a stop is explained by the configuration, a crash, the port's holder, the state file, the log, in this order", async () => {
  await using made = await fixture();
  await made.write("etc/icinga2/features-enabled/api.conf", 'object ApiListener "api" { }');
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings([{ name: "NodeName", value: "a" }]),
  );
  let validation: Validation = { is: "invalid", text: "syntax error", place: "x.conf:1" };
  let holder: string | undefined = "process 7 (java.exe)";
  let events: ReadEvents | undefined = undefined;
  const found = () =>
    diagnose({
      folder: made.folder,
      since: Date.now() - 60_000,
      validate: () => Promise.resolve(validation),
      holder: (port) => Promise.resolve(port === 5665 ? holder : undefined),
      events,
    });
  await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.");
  const report = await made.write("var/log/icinga2/crash/report.2", "Caught SIGABRT.", -1_000);
  await made.write("var/log/icinga2/crash/report.0", "Long ago", 3_600_000);
  const state = await made.write("var/lib/icinga2/icinga2.state", "");
  const log = line(3_600_000, "critical/x: long ago") + line(1_000, "critical/Main: out of luck");
  await made.write("var/log/icinga2/icinga2.log", log);
  const said = "log: Main: out of luck";

  const invalid = await found();
  assertEquals(invalid.what, "its configuration is invalid");
  assertEquals([invalid.evidence, invalid.hold], [["x.conf:1: syntax error", said], true]);
  validation = { is: "valid", text: "" };
  const crash = await found();
  assertEquals([crash.what, crash.hold], ["it crashed", false]);
  assertEquals(crash.evidence, [`${report}: Caught SIGABRT.`, said]);
  await made.write("var/lib/icinga2/icinga2.state", "garbage");
  const corrupt = await found();
  assertEquals([corrupt.what, corrupt.mends], ["its state file is corrupt", "state-file"]);
  await made.write("var/lib/icinga2/icinga2.state", "");
  await Deno.remove(`${made.folder.log}/crash`, { recursive: true });
  assertEquals((await found()).what, "its port 5665 is held by process 7 (java.exe)");
  holder = undefined;
  const empty = await found();
  assertEquals([empty.what, empty.evidence], ["its state file is empty", [state, said]]);
  assertEquals([empty.mends, empty.hold], ["state-file", false]);
  await Deno.remove(state);
  validation = { is: "unknown", text: "hung" };
  const logged = await found();
  assertEquals(logged.what, "it stopped, and its log says why");
  assertEquals(logged.evidence, ["hung", said]);
  await Deno.remove(made.folder.log, { recursive: true });
  assertEquals((await found()).what, "it stopped, and nothing says why");
  events = () => Promise.resolve(line(1_000, "critical/Main: out of luck"));
  const told = await found();
  assertEquals([told.what, told.evidence, told.advice], [
    "it stopped, and its log says why",
    ["hung", said],
    "look at the Windows event log (Application, source Icinga 2)",
  ]);
  // What an earlier validation has written there, before the file was corrected.
  const old = ["config: Error: syntax error", "cli: Config validation failed."]
    .map((text) => line(2_000, `critical/${text}`)).join("");
  events = () => Promise.resolve(old + line(1_000, "critical/Main: out of luck"));
  validation = { is: "valid", text: "" };
  assertEquals((await found()).evidence, [said]);
});

Deno.test({
  name: "a program that hangs is ended at its limit with all that it has started",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using made = await fixture();
    const script = '#!/bin/sh\nsleep 4711 &\necho $! > "$0.pid"\nwait\n';
    const program = await made.write("icinga2", script);
    await Deno.chmod(program, 0o755);
    const found = await validate({ program, folder: made.folder, limit: 1_000, treeOf: procTree });
    assertEquals(found, { is: "unknown", text: "'icinga2 daemon -C' did not end within 1 s" });
    const child = Number(await Deno.readTextFile(`${program}.pid`));
    for (let i = 0; i < 100 && isThere(child); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(isThere(child), false);
    const none = await validate({ program: "/none", folder: made.folder, treeOf: procTree });
    assertMatch(none.text, /^'icinga2 daemon -C' cannot be run: \/none: it does not exist$/);
  },
});

Deno.test({
  name: "the configuration of other folders than the usual ones is the one that is validated",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using made = await fixture();
    const { folder } = made;
    const program = await made.write("icinga2", '#!/bin/sh\necho "critical/config: $*"\nexit 1\n');
    await Deno.chmod(program, 0o755);
    const args = async (isUsual: boolean) => {
      const plan = { program, folder: { ...folder, isUsual }, treeOf: procTree };
      return (await validate(plan)).text;
    };
    assertEquals(await args(true), "daemon -C");
    // A line of the output is cut to 300 characters.
    const begin =
      `daemon -C -c ${folder.config}/icinga2.conf -D ConfigDir=${folder.config} -D DataDir=`;
    assertEquals((await args(false)).slice(0, begin.length), begin);
  },
});

function isThere(pid: number): boolean {
  try {
    const [, state] = /\) (\w)/.exec(Deno.readTextFileSync(`/proc/${pid}/stat`)) ?? [];
    return state !== "Z";
  } catch {
    return false;
  }
}

Deno.test({
  name: "who listens on a port is found by the port",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    assert((await procHolder(port))?.startsWith(`process ${Deno.pid} (`));
    listener.close();
    assertEquals(await procHolder(port), undefined);
  },
});

Deno.test({
  name:
    "a real node's broken configuration is found with file and line, and mended (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { folder, config } = both.agent;
    const check = () => validate({ program: "icinga2", folder, treeOf: procTree });
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, `${text}object Host "x" { check_command = "none" }\n`);
    const found = await check();
    assertEquals([found.is, found.place], ["invalid", `${config}:${text.split("\n").length}`]);
    assertMatch(found.text, /^Validation failed for object 'x' of type 'Host'/);
    await Deno.writeTextFile(config, text);
    assertEquals((await check()).is, "valid");
  },
});
