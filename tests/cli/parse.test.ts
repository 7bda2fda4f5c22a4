import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  checkWords,
  commandWithActions,
  type FlagSpecs,
  UsageError,
} from "../../lib/cli/command.ts";
import { parse } from "../../lib/cli/parse.ts";

const flags = { foreground: { help: "" }, for: { value: "DURATION", help: "" } };

const warning = { value: "RANGE", short: "w", help: "" };

const LONG = "x".repeat(1_000);

const nothing = { summary: "it does", run: () => 0 };

Deno.test("flags may stand anywhere, with their value beside them or behind =", () => {
  for (
    const args of [["--home", "x", "run", "--foreground"], ["run", "--foreground", "--home=x"]]
  ) {
    const { words, values, given } = parse(args, flags);
    assertEquals([words, values.home, [...given]], [["run"], "x", ["foreground"]]);
  }
});

Deno.test("words that look like numbers stay words, and what follows -- is no flag", () => {
  assertEquals(parse(["7", "0x1f", "--", "--home"], flags).words, ["7", "0x1f", "--home"]);
});

Deno.test("what is wrong with a flag is said with what would be right", () => {
  const cases: [args: string[], message: string][] = [
    [["--hme", "x"], `Unknown flag '--hme'; did you mean "--home"?`],
    [["-x"], "Unknown flag '-x'"],
    [["--home"], "Flag '--home' needs a value: --home DIR"],
    [["--home", "--json"], "Flag '--home' needs a value"],
    [["--home="], "Flag '--home' needs a value"],
    [["--json=1"], "Flag '--json' takes no value, and got '1'"],
    [["--home", "x", "--home=y"], "Flag '--home' is given twice; give it once"],
    [["--hme=x"], `Unknown flag '--hme'; did you mean "--home"?`],
    [["--for"], "Flag '--for' needs a value: --for DURATION"],
    [["-w", "1", "-w", "1"], "Flag '--warning' is given twice; give it once"],
    [["--warning", "1", "-w2"], "Flag '--warning' is given twice; give it once"],
    [["-w", "-5", "--warning=-6"], "Flag '--warning' is given twice; give it once"],
    [[`--${LONG}`], `Unknown flag '--${"x".repeat(58)}...'`],
    [[`--json=${LONG}`], `takes no value, and got '${"x".repeat(60)}...'`],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => parse(args, { ...flags, warning }), UsageError, message);
  }
  const named = () => parse(["--hme"], flags, "run");
  assertThrows(named, UsageError, "Unknown flag '--hme' of 'run'; did");
  const words = ["--home", "x", "--", "--json=1", "--home=y"];
  assertEquals(parse(words, flags).words, ["--json=1", "--home=y"]);
});

Deno.test("a value may be a negative number, and nothing else with a dash", () => {
  const ranges = {
    warning: { value: "RANGE", short: "w", help: "" },
    critical: { value: "RANGE", short: "c", help: "" },
  };
  const { values, words } = parse(["-w", "-5:5", "check", "--critical", "-.5"], ranges);
  assertEquals([values.warning, values.critical, words], ["-5:5", "-.5", ["check"]]);
  assertThrows(() => parse(["-w", "-x"], ranges), UsageError);
  assertEquals(parse(["pause", "-5m", "-w", "-1"], ranges), {
    lists: {},
    words: ["pause", "-5m"],
    values: {
      home: undefined,
      config: undefined,
      "log-level": undefined,
      warning: "-1",
      critical: undefined,
    },
    given: new Set<string>(),
  });
  assertEquals(parse(["--", "-w", "-5"], ranges).words, ["-w", "-5"]);
});

Deno.test("-V asks for the version", () => {
  assertEquals(parse(["-V"], flags).given.has("version"), true);
});

Deno.test("-h asks for help", () => {
  assertEquals(parse(["-h"], flags).given.has("help"), true);
});

Deno.test("a flag that may be given several times keeps its values in order", () => {
  const flags: FlagSpecs = { state: { value: "PATH", many: true, help: "" } };
  const read = (...args: string[]) => parse(args, flags).lists;
  assertEquals(read("x"), { state: [] });
  assertEquals(read("--state", "a.b=1", "x", "--state=a.c="), { state: ["a.b=1", "a.c="] });
  assertThrows(() => read("--state="), UsageError, "Flag '--state' needs a value: --state PATH");
});

Deno.test("how many words may be typed is what the help shows of them", () => {
  const typed = (words: string, count: number) => () =>
    checkWords(Array.from({ length: count }, () => "x"), "daemon x", { words, ...nothing });
  const rows: [words: string, right: number[], wrong: number[]][] = [
    ["", [0], [1]],
    ["[PATH]", [0, 1], [2]],
    ["NAME", [1], [0, 2]],
    ["NAME [KEY=VALUE...]", [1, 2, 9], [0]],
    ["NAME [--grant]", [1], [0, 2]],
    ["[--json] [PATH]", [0, 1], [2]],
  ];
  for (const [words, right, wrong] of rows) {
    for (const count of right) typed(words, count)();
    for (const count of wrong) {
      assertThrows(typed(words, count), UsageError, "", `${words} ${count}`);
    }
  }
});

Deno.test("the help of a command with actions has a line for each, with its words and flags", () => {
  const { words, details } = commandWithActions("thing", "about things", {
    add: {
      words: "NAME",
      ...nothing,
      flags: { size: { value: "N", help: "" }, now: { help: "" } },
    },
    list: { words: "", ...nothing },
  });
  assertEquals([words, details], ["add|list", [
    ...["add NAME [--size N] [--now]", "    it does", "list", "    it does"],
  ]]);
});

Deno.test("an action refuses the flags of the others, and takes those of every command", async () => {
  const { flags, run } = commandWithActions("thing", "about things", {
    add: {
      words: "",
      ...nothing,
      flags: {
        size: { value: "N", help: "" },
        now: { help: "" },
        tag: { value: "T", many: true, help: "" },
      },
    },
    list: { words: "[PATH]", ...nothing },
  });
  const call = async (...args: string[]) => await run(parse(args, flags!, "thing"));
  assertEquals(await call("add", "--size", "1", "--now", "--tag=a", "--home", "x", "--json"), 0);
  assertEquals(await call("list", "path", "--home", "x", "--json"), 0);
  for (const flag of ["size", "now", "tag"]) {
    await assertRejects(
      () => call("list", `--${flag}`, ...(flag === "now" ? [] : ["1"])),
      UsageError,
      `Flag '--${flag}' is not for 'thing list'; see 'icinga-warden help thing'`,
    );
  }
  const wrong: [args: string[], message: string][] = [
    [[], "'thing' needs one of add or list"],
    [["toString"], "Unknown 'thing toString'; known: add, list"],
    [["add", "x"], "Unexpected 'x'; expected 'icinga-warden thing add'"],
  ];
  for (const [args, message] of wrong) {
    await assertRejects(() => call(...args), UsageError, message);
  }
});
