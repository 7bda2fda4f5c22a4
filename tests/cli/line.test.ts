import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandHelp, programHelp } from "../../lib/cli/help.ts";
import { runCommandLine } from "../../lib/cli/mod.ts";
import settings from "../../deno.json" with { type: "json" };
import { printed } from "./printed.ts";

const line = (...args: string[]) => printed(() => runCommandLine(args));

async function inHome(test: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a command line is answered on standard output, or refused on the other, with its code", () =>
  inHome(async (home) => {
    const bad = `${home}/bad.json`;
    await Deno.writeTextFile(bad, '{ "log": { "level": "loud" } }');
    const version = /^icinga-warden \d+\.\d+\.\d+ \(source, Deno \S+, \S+\)$/;
    const program = /^icinga-warden keeps the Icinga 2 agent service running/;
    const cases: [args: string[], code: number, output: RegExp, errors: RegExp][] = [
      [["version"], 0, version, /^$/],
      [["--version"], 0, version, /^$/],
      [["status", "-V"], 0, version, /^$/],
      [["--home", "status", "version"], 0, version, /^$/],
      [["--json", "version", "--config", "status"], 0, /^{\n {2}"version": "/, /^$/],
      [
        ["version", "more"],
        2,
        /^$/,
        /^icinga-warden: Unexpected 'more'; expected 'icinga-warden version'$/,
      ],
      [
        ["version", "--log-level", "loud"],
        2,
        /^$/,
        /Flag '--log-level' is 'loud'; expected one of/,
      ],
      [[], 2, /^$/, program],
      [
        ["--json"],
        2,
        /^{"error":"No command given/,
        /^icinga-warden: No command given; see 'icinga-warden help'$/,
      ],
      [["statu"], 2, /^$/, /^icinga-warden: Unknown command 'statu'; did you mean "status"\?$/],
      [["--help"], 0, program, /^$/],
      [["help"], 0, program, /^$/],
      [["status", "-h"], 0, /^icinga-warden status: show the state of the agent/, /^$/],
      [["help", "config"], 0, /^icinga-warden config: write, check or show/, /^$/],
      [["help", "config", "check"], 0, /^icinga-warden config: write, check or show/, /^$/],
      [
        ["help", "config", "chek"],
        2,
        /^$/,
        /^icinga-warden: Unknown 'config chek'; did you mean "check"/,
      ],
      [
        ["pause", "30", "m"],
        2,
        /^$/,
        /^icinga-warden: Unexpected 'm'; expected 'icinga-warden pause \[DURATION\]'$/,
      ],
      [["--foregroun"], 2, /^$/, /Unknown flag '--foregroun'; did you mean "--foreground"\?$/],
      [["-foreground"], 2, /^$/, /Unknown flag '-foreground'; did you mean "--foreground"\?$/],
      [
        ["help", "status", "x"],
        2,
        /^$/,
        /^icinga-warden: Unexpected 'x'; expected 'icinga-warden help/,
      ],
      [["help", "thread", "x"], 2, /^$/, /^icinga-warden: Unknown 'thread x'; known: list$/],
      [["help", "config", "check", "x"], 2, /^$/, /^icinga-warden: Unexpected 'x'/],
      [["help", "nope"], 2, /^$/, /^icinga-warden: Unknown command 'nope'; /],
      [
        ["config", "chek"],
        2,
        /^$/,
        /^icinga-warden: Unknown 'config chek'; did you mean "check"\?$/,
      ],
      [["config"], 2, /^$/, /^icinga-warden: 'config' needs one of init, check, show or schema$/],
      [
        ["config", "check", "--config", bad],
        2,
        /^$/,
        /^\S+bad\.json:1:21: log\.level: got "loud"; /,
      ],
      [["status", "--home", home], 3, /^$/, /^icinga-warden: The agent is not running/],
      [
        ["check", "--home", home],
        3,
        /^icinga-warden UNKNOWN: The agent is not running|^UNKNOWN: /,
        /^$/,
      ],
      [["check", "--home", `${home}/x`], 3, /^UNKNOWN: --home '\S+' is not a folder/, /^$/],
      [
        ["status", "--home", `${home}/x`],
        2,
        /^$/,
        /^icinga-warden: --home '\S+x' is not a folder; name/,
      ],
      [
        ["secret", "remove", "db", "--home", home],
        1,
        /^$/,
        /^icinga-warden: There is no secret 'db'$/,
      ],
      [["secret", "list", "--home", home], 0, /^There are no secrets$/, /^$/],
      [["secret", "list", "--home", home, "--json"], 0, /^\[\]$/, /^$/],
      [
        ["docs", "windw"],
        2,
        /^$/,
        /^icinga-warden: Unknown page 'windw'; did you mean "windows"\?$/,
      ],
      [
        ["docs"],
        0,
        /^readme +icinga-warden\nwindows +On Windows\n(.+\n)+\nPrint one: icinga-/,
        /^$/,
      ],
    ];
    for (const [args, code, output, errors] of cases) {
      const said = await line(...args);
      assertEquals(said.code, code, args.join(" "));
      assertMatch(said.output, output, args.join(" "));
      assertMatch(said.errors, errors, args.join(" "));
    }
  }));

Deno.test("what is wrong with a flag is said before the agent is asked", () =>
  inHome(async (home) => {
    const rows: [typed: string, code: number, expected: RegExp][] = [
      ["watch --for 5", 2, /^icinga-warden: Flag '--for' is '5'; expected a duration/],
      ["watch --for -5s", 2, /^icinga-warden: Flag '--for' is '-5s'; expected a duration/],
      ["logs -f --for 5", 2, /^icinga-warden: Flag '--for' is '5'; expected a duration/],
      ["logs --for 5", 2, /^icinga-warden: Flag '--for' is '5'; expected a duration/],
      ["console --for 5", 2, /^icinga-warden: Flag '--for' is '5'; expected a duration/],
      ["console --mode x", 2, /^icinga-warden: Flag '--mode' is 'x'; expected one of/],
      ["console --scenario x", 2, /^icinga-warden: Flag '--scenario' goes with '--simulate'/],
      [
        "pause --service a/b",
        2,
        /^icinga-warden: Flag '--service' is 'a\/b'; expected the name of/,
      ],
      ["resume --service a/b", 2, /^icinga-warden: Flag '--service' is 'a\/b'; expected the name/],
      ["daemon restart a/b", 2, /^icinga-warden: 'a\/b' is not a valid name for a daemon; /],
      ["watch --for 5s", 3, /^icinga-warden: The agent is not running/],
      ["console --for 5s", 3, /^icinga-warden: The agent is not running/],
      ["pause --service a", 3, /^icinga-warden: The agent is not running/],
    ];
    for (const [typed, code, expected] of rows) {
      const said = await line(...typed.split(" "), "--home", home);
      assertEquals([said.code, said.output], [code, ""], typed);
      assertMatch(said.errors, expected, typed);
    }
  }));

Deno.test("check --json says in JSON what is wrong", () =>
  inHome(async (home) => {
    for (
      const args of [["check", "--json"], ["check", "--nope", "--json"], [
        "--json",
        "check",
        "-w",
        "x",
      ]]
    ) {
      const { code, output, errors } = await line(...args, "--home", home);
      const { health, summary } = JSON.parse(output);
      assertEquals([code, health, errors], [3, "unknown", ""], args.join(" "));
      assertMatch(
        summary,
        /^UNKNOWN: (The agent is not running|Unknown flag|Flag '--warning' is 'x')/,
      );
    }
    const { output } = await line("check", "--home", home, "--", "--json");
    assertMatch(output, /^UNKNOWN: Unexpected '--json'/);
  }));

Deno.test("with --json an error is an object on standard output, too", () =>
  inHome(async (home) => {
    const bad = `${home}/bad.json`;
    await Deno.writeTextFile(bad, '{ "log": { "level": "loud" }, "Log": 1 }');
    const rows: [typed: string, code: number, said: RegExp][] = [
      ["status --nope", 2, /^Unknown flag '--nope' of 'status'/],
      ["bogus", 2, /^Unknown command 'bogus'/],
      ["help bogus", 2, /^Unknown command 'bogus'/],
      ["service install --mode x", 2, /^Flag '--mode' is 'x'/],
      ["status", 3, /^The agent is not running/],
      ["watch", 3, /^The agent is not running/],
      ["logs", 3, /^The agent is not running/],
      ["daemon show nope", 2, /^No daemon 'nope'/],
      ["secret remove nope", 1, /^There is no secret 'nope'$/],
      [`config show --config ${bad}`, 2, /bad\.json:1:\d+: log\.level: .*\n.*: Log: unknown key/],
    ];
    for (const [typed, code, said] of rows) {
      const result = await line(...typed.split(" "), "--json", "--home", home);
      const { error, ...more } = JSON.parse(result.output);
      assertEquals([result.code, more], [code, {}], typed);
      assertMatch(error, said, typed);
      assertMatch(result.errors, /nope|bogus|'x'|not running|log\.level/, typed);
    }
    const { output } = await line("service", "start", "--name", "x", "--json");
    const { service, error } = JSON.parse(output);
    assertEquals([service, /Windows exe|not installed/.test(error)], ["x", true]);
  }));

Deno.test("help and --help print JSON, too", async () => {
  for (const args of [["help", "config"], ["help", "config", "check"], ["config", "--help"]]) {
    const { command, text } = JSON.parse((await line(...args, "--json")).output);
    assertEquals([command, text], ["config", (await line(...args)).output], args.join(" "));
  }
  const { command, text } = JSON.parse((await line("help", "--json")).output);
  assertEquals([command, text], [null, (await line("help")).output]);
});

Deno.test("no error repeats more than the beginning of what was typed", () =>
  inHome(async (home) => {
    const long = "x".repeat(30_000);
    for (
      const typed of [
        ["status", long],
        ["status", `--${long}`],
        ["status", `--json=${long}`],
        ["status", "--home", long],
        [long],
        ["help", long],
        ["config", long],
        ["docs", long],
        ["pause", long],
        ["pause", "--service", long],
        ["resume", "--service", long],
        ["watch", "--for", long],
        ["logs", "--level", long],
        ["run", "--simulate", "--scenario", long],
        ["secret", "set", long],
        ["service", "print", "--with", long],
        ["daemon", "restart", long],
        ["daemon", "new", long],
        ["daemon", "test", long],
        ["daemon", "test", "x", "--state", long],
        ["daemon", "register", long],
        ["daemon", "unregister", long],
        ["daemon", "register", "x", "--module", long],
        ["daemon", "register", "x", "--module", `../${long}`],
      ]
    ) {
      const place = typed.includes("--home") ? [] : ["--home", home];
      const { code, output, errors } = await line(...typed, ...place);
      const what = typed.join(" ").slice(0, 50);
      assertEquals([code, output], [2, ""], what);
      assertMatch(errors, /^icinga-warden: [^]*x{50}/, what);
      assertEquals(errors.length < 1_000, true, `${what}: ${errors.length}`);
    }
  }));

Deno.test("version --json says what it was made from, and what its runtime can", async () => {
  const { runtime, ...info } = JSON.parse((await line("version", "--json")).output);
  const { build: { target }, version: { deno } } = Deno;
  assertEquals(info, { version: settings.version, commit: "source", deno, target });
  assertEquals(typeof runtime, "object");
});

Deno.test("a page of the documentation is printed as it is", async () => {
  const root = new URL("../../", import.meta.url);
  const cases = [
    ["readme", "README.md"],
    ["Windows.md", "docs/windows.md"],
    ["docs/windows.md", "docs/windows.md"],
    ["status.schema", "docs/status.schema.json"],
    ["doctor.schema.json", "docs/doctor.schema.json"],
  ];
  for (const [name, file] of cases) {
    const { output } = await line("docs", name!);
    assertEquals(output, (await Deno.readTextFile(new URL(file!, root))).trimEnd());
  }
  const { page, text } = JSON.parse((await line("docs", "windows", "--json")).output);
  assertEquals([page, text.split("\n")[0]], ["windows", "# On Windows"]);
  const pages: { name: string; title: string }[] = JSON.parse(
    (await line("docs", "--json")).output,
  );
  assertEquals(pages.filter(({ title }) => title === ""), []);
});

Deno.test("config init writes a file that check takes, and replaces none", () =>
  inHome(async (home) => {
    const file = `${home}/icinga-warden.json`;
    const config = (action: string, ...flags: string[]) =>
      line("config", action, "--home", home, ...flags);
    const before = await config("check");
    assertEquals(
      [before.code, before.output],
      [0, `${file}: does not exist; the defaults are in force; daemons: icinga_agent_service`],
    );
    assertMatch(
      (await config("show")).output,
      /^\/\/ \S+icinga-warden\.json: does not exist; these are the defaults\n\{/,
    );
    assertEquals((await config("init")).output, `Wrote ${file}`);
    const again = await config("init");
    assertEquals([again.code, again.output], [1, ""]);
    assertStringIncludes(again.errors, "exists and is not changed; move it away first");
    assertMatch((await config("check")).output, /: valid; daemons: icinga_agent_service/);
    const shown = await config("show");
    assertMatch(shown.output, /^\/\/ \S+\/icinga-warden\.json\n\{/);
    assertEquals(
      JSON.parse(shown.output.replace(/^.*\n/, "")),
      JSON.parse((await config("show", "--json")).output),
    );
    await Deno.writeTextFile(file, '{ "daemons": { "nope": {} } }');
    const bad = await config("check");
    assertEquals([bad.code, bad.output], [2, ""]);
    assertMatch(bad.errors, /^Daemon 'nope' cannot run: /);
    const json = await config("check", "--json");
    const { file: named, exists, problems, daemons } = JSON.parse(json.output);
    assertEquals([json.code, named, exists, problems, daemons[0].name], [
      2,
      file,
      true,
      [],
      "nope",
    ]);
    await Deno.writeTextFile(file, '{ "log": { "level": "loud" } }');
    const loud = await config("check", "--json");
    const { problems: [problem], ...rest } = JSON.parse(loud.output);
    assertEquals([loud.code, rest, problem.line], [2, { file, exists: true }, 1]);
    const lost = await config("check", "--json", "--config", `${home}/c.json`);
    assertEquals([lost.code, JSON.parse(lost.output).exists], [2, false]);
    const missing = await line("config", "init", "--config", `${home}/no/c.json`);
    assertEquals(missing.code, 1);
    assertMatch(missing.errors, /no\/c\.json: its folder does not exist; make it$/);
  }));

Deno.test("a configuration that --config names has to exist, also for what does not read it", () =>
  inHome(async (home) => {
    const commands = ["status", "get", "watch", "logs", "pause", "thread list", "console", "open"];
    const others = ["daemon list", "daemon new x", "types", "secret list", "config show"];
    for (const command of [...commands, ...others]) {
      const words = [...command.split(" "), "--home", home, "--config", `${home}/no.json`];
      const said =
        `${home}/no.json: does not exist; name a file that exists, or run 'icinga-warden config init'`;
      assertEquals(await line(...words), { code: 2, output: "", errors: said }, command);
    }
    const check = await line("check", "--home", home, "--config", `${home}/no.json`);
    assertEquals([check.code, check.errors], [3, ""]);
    assertStringIncludes(check.output, "no.json: does not exist; ");
    assertEquals([...Deno.readDirSync(home)], []);
  }));

Deno.test("a help has the usage, what is to be known, and the flags below each other", () => {
  const run = () => 0;
  const flags = {
    foreground: { help: "to debug" },
    warning: { short: "w", value: "RANGE", help: "warn outside" },
  };
  const command = { name: "x", words: "[PATH]", summary: "does it", run };
  assertEquals(commandHelp({ ...command, details: ["Mind it."], flags }).split("\n").slice(0, 11), [
    "icinga-warden x: does it",
    "",
    "Usage: icinga-warden x [PATH]",
    "",
    "Mind it.",
    "",
    "Flags:",
    "  --foreground                        to debug",
    "  -w, --warning RANGE                 warn outside",
    "",
    "Everywhere:",
  ]);
  assertEquals(commandHelp({ ...command, words: "" }).split("\n").slice(0, 5), [
    ...["icinga-warden x: does it", "", "Usage: icinga-warden x", "", "Everywhere:"],
  ]);
  const { foreground } = flags;
  assertStringIncludes(commandHelp({ ...command, flags: { foreground } }), "\nFlags:\n  --foreg");
  const program = programHelp([command]).split("\n");
  assertEquals(program.slice(2, 6), [
    "Usage:",
    "  icinga-warden x [PATH]              does it",
    "  icinga-warden --foreground          the same as run --foreground",
    "",
  ]);
  assertMatch(
    program.at(-2)!,
    /^Exit codes: 0 done, 1 it failed, 2 usage or configuration, 3 the ag/,
  );
});
