import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { within } from "../../lib/base/mod.ts";
import { complete, splitWords } from "../../lib/cli/console/complete.ts";
import { testSource } from "../exe/program.ts";

Deno.test("a line is split into words, quotes and backslashes as on Windows", () => {
  const cases: [line: string, words: string[] | undefined][] = [
    ["", []],
    ["  get  x ", ["get", "x"]],
    ["get 'a b'", ["get", "a b"]],
    [`get "it's"`, ["get", "it's"]],
    ["get a' 'b", ["get", "a b"]],
    ['a "b"c\t\'d"\'', ["a", "bc", 'd"']],
    ["register x path=C:\\new", ["register", "x", "path=C:\\new"]],
    ["get ''", ["get", ""]],
    ['get "a', undefined],
  ];
  for (const [line, words] of cases) assertEquals(splitWords(line), words, line);
});

const VOCABULARY = {
  commands: new Map<string, string[]>([
    ["get", []],
    ["watch", []],
    ["daemon", ["list", "restart"]],
    ["thread", ["list"]],
  ]),
  paths: ["Agent.Info", "Agent.Info.pid", "Daemons.disk.Free", "Daemons.disk.Free.C:"],
  daemons: ["disk", "icinga_agent_service"],
};

Deno.test("commands, paths step by step, and names are completed", () => {
  const cases: [line: string, candidates: string[], word: string][] = [
    ["", ["daemon", "get", "thread", "watch"], ""],
    ["  g", ["get"], "g"],
    ["get ", ["Agent", "disk"], ""],
    ["get A", ["Agent"], "A"],
    ["get Agent.", ["Agent.Info"], "Agent."],
    ["get Agent.Info.", ["Agent.Info.pid"], "Agent.Info."],
    ["watch disk.F", ["disk.Free"], "disk.F"],
    ["get Daemons.d", ["Daemons.disk"], "Daemons.d"],
    ["get disk.Free ", [], ""],
    ["daemon r", ["restart"], "r"],
    ["daemon restart d", ["disk"], "d"],
    ["logs --daemon i", ["icinga_agent_service"], "i"],
    ["daemon show ", ["disk", "icinga_agent_service"], ""],
    ["daemon unregister i", ["icinga_agent_service"], "i"],
    ["daemon test di", ["disk"], "di"],
    ["daemon list ", [], ""],
    ["thread ", ["list"], ""],
    ["nothing ", [], ""],
  ];
  for (const [line, candidates, word] of cases) {
    assertEquals(complete(line, VOCABULARY), [candidates, word], line);
  }
});

testSource("without a terminal a console runs one command a line, until exit", async (bench) => {
  const none = await bench.runWithInput("version\n", "console");
  assertEquals([none.code, none.stdout], [3, ""]);
  assertMatch(none.stderr, /The agent is not running/);
  const lines = [
    "thread list",
    "get 'x",
    "",
    "run",
    "help",
    "help get",
    "logs",
    "get Agent.Info.none",
    "exit",
    "version",
  ];
  const { code, stdout, stderr } = await bench.runWithInput(
    lines.join("\n"),
    ...["console", "--foreground", "--simulate"],
  );
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Started an agent in process \d+; 'help' shows what there is, 'exit' ends/m);
  assertMatch(stdout, /^icinga_agent_service::run::Main::0 +(?:starting|running)/m);
  assertMatch(stdout, /^ {2}get \[PATH\] +\S.*\n(?:.*\n)* {2}exit +leave the console$/m);
  assertMatch(stdout, /^ {2}daemon … +\S/m);
  assertEquals(/^ {2}(?:run|console|service) /m.test(stdout), false, stdout);
  assertStringIncludes(stdout, "Usage: icinga-warden get [PATH]");
  // Its own log is shown, and 'logs' ends at the next line.
  assertMatch(stdout, /\[INFO\] agent: Started icinga-warden/);
  const [quote, inside, path, ...more] = stderr.trimEnd().split("\n");
  assertEquals(quote, "A quote is not closed");
  assertEquals(inside, "'run' is not for the console; leave it with 'exit' first");
  assertMatch(path!, /Agent\.Info\.none/);
  assertEquals([more.length, /Deno \d/.test(stderr)], [0, false], stderr);
  assertMatch(await bench.log(), /agent: Stopped\n$/);
});

testSource("a console whose agent cannot start ends with the reason", async (bench) => {
  await bench.write("icinga-warden.json", '{ "log": { "level": "loud" } }');
  const started = bench.runWithInput("version\n", "console", "--foreground", "--simulate");
  const ended = await within(started, { ms: 20_000 });
  assertEquals([ended?.code, ended?.stdout], [2, ""]);
  assertMatch(ended!.stderr, /icinga-warden\.json:1:\d+: log\.level: got "loud"/);
});

testSource("on a terminal a console completes, and Ctrl+C ends what goes on", async (bench) => {
  const quiet = ["--simulate", "--scenario", "crash=1h"];
  const console = bench.startOnTerminal("console", "--foreground", ...quiet);
  const prompted = () => console.printed(/icinga-warden> .\[16G$/);
  await console.printed(/'icinga2' is RUNNING\r?\n.*icinga-warden> .\[16G$/);
  await console.type("\x03");
  await console.printed(/Ctrl\+D or 'exit' leaves\r\n.*icinga-warden> .\[16G$/);
  await console.type("thr\t");
  await console.printed(/> .*thread$/);
  await console.type(" list\r");
  await console.printed(/icinga_\S+ +running/);
  await prompted();
  await console.type("\x03");
  await console.printed(/leaves[^]*leaves\r\n.*icinga-warden> .\[16G$/);
  await console.type("watch icinga_agent_service.ServiceState.value\r");
  await console.printed(/ServiceState\.value {2}RUN/);
  await console.type("\x03");
  await prompted();
  const beside = await bench.runWithInput("status\n", "console", "--foreground", "--simulate");
  assertEquals(beside.code, 0);
  assertMatch(beside.stdout, /^An agent already runs from .*; it goes on when you leave\nAttached/);
  await console.type("quit\r");
  assertEquals((await console.ended).code, 0);
});
