import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testExe } from "./program.ts";

testExe("version says what it was made from", async (bench) => {
  const { code, stdout } = await bench.run("version");
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^icinga-warden \d+\.\d+\.\d+ \(([0-9a-f]{12}|unknown)(-modified)?, Deno \d+\.\d+\.\d+, x86_64-/,
  );
  const { commit, deno } = JSON.parse((await bench.run("--version", "--json")).stdout);
  assertStringIncludes(stdout, `(${commit}, Deno ${deno},`);
});

testExe(
  "it leaves no code in the folder for temporary files, where others could change it",
  async (bench) => {
    const temporary = `${bench.home}/temporary`;
    await Deno.mkdir(temporary);
    const { code } = await bench.runWith({ TMPDIR: temporary }, "config", "show");
    assertEquals([code, [...Deno.readDirSync(temporary)]], [0, []]);
  },
);

testExe("help names every command, and each has its own", async (bench) => {
  const { code, stdout } = await bench.run("help");
  assertEquals(code, 0);
  for (const command of ["run", "config", "version", "help"]) {
    assertStringIncludes(stdout, `icinga-warden ${command}`);
    const { code, stdout: own } = await bench.run("help", command);
    assertEquals(code, 0);
    assertEquals((await bench.run(command, "--help")).stdout, own);
  }
});

testExe("the exe has every page of the documentation in itself", async (bench) => {
  const { code, stdout } = await bench.run("docs");
  assertEquals(code, 0);
  for (const { name } of Deno.readDirSync(new URL("../../docs/", import.meta.url))) {
    if (name.endsWith(".png")) continue;
    const page = name.replace(/\.(?:md|json)$/, "");
    assertMatch(stdout, new RegExp(`^${page} +\\S`, "m"));
    const text = await Deno.readTextFile(new URL(`../../docs/${name}`, import.meta.url));
    assertEquals((await bench.run("docs", page)).stdout.trimEnd(), text.trimEnd());
  }
  const unknown = await bench.run("docs", "windw");
  assertEquals(unknown.code, 2);
  assertMatch(unknown.stderr, /Unknown page 'windw'; did you mean "windows"\?/);
});

testExe("daemon new writes what an editor needs, and so does types", async (bench) => {
  assertEquals((await bench.run("daemon", "new", "typed")).code, 0);
  const folder = `${bench.home}/daemons`;
  const own = ["deno.d.ts", "deno.json", "icinga-warden.d.ts", "tsconfig.json"];
  for (const file of own) assertEquals((await Deno.stat(`${folder}/${file}`)).isFile, true, file);
  await Deno.remove(`${folder}/icinga-warden.d.ts`);
  assertEquals((await bench.run("types")).code, 0);
  assertStringIncludes(
    await Deno.readTextFile(`${folder}/icinga-warden.d.ts`),
    'declare module "icinga-warden/daemon"',
  );
  const { stdout } = await bench.run("daemon", "list", "--json");
  assertEquals(stdout.includes("typed"), true);
  assertEquals(/tsconfig|\.d\.ts/.test(stdout), false, stdout);
});

testExe("what cannot be meant is one line on standard error and exit code 2", async (bench) => {
  const cases: [args: string[], message: RegExp][] = [
    [["rnu"], /Unknown command 'rnu'; did you mean "run"\?/],
    [["run", "--foregrond"], /Unknown flag '--foregrond' of 'run'; did you mean "--foreground"\?/],
    [["run", "--home"], /Flag '--home' needs a value: --home DIR/],
    [["run", "--home", "/nowhere"], /--home '\/nowhere' is not a folder/],
    [["run", "--json=yes"], /Flag '--json' takes no value, and got 'yes'/],
    [["run", "--foreground"], /no Windows service control manager on linux; add '--simulate'/],
    [["run", "--simulate", "--for", "soon"], /Flag '--for' is 'soon'; expected a duration/],
    [["run", "--simulate", "--log-level", "loud"], /Flag '--log-level' is 'loud'; expected one of/],
    [["run", "--simulate", "--scenario", "x"], /Flag '--scenario': Invalid scenario 'x'/],
    [["run", "--scenario", "hang"], /Flag '--scenario' goes with '--simulate'/],
    [["run", "fast", "--simulate"], /Unexpected 'fast'/],
    [["--log-level", "info"], /No command given; see 'icinga-warden help'/],
    [["version", "please"], /Unexpected 'please'/],
    [["help", "run", "now"], /Unexpected 'now'/],
    [["config", "show", "--log-level", "loud"], /Flag '--log-level' is 'loud'; expected one of/],
    [["version", "--simulate"], /Unknown flag '--simulate' of 'version'; known: --home/],
    [["config"], /init, check, show or schema/],
    [["config", "chek"], /Unknown 'config chek'; did you mean "check"\?/],
    [["config", "check", "--config", "/nowhere.json"], /\/nowhere\.json/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await bench.run(...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, message);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

testExe("without a command it shows the help on standard error and exits with 2", async (bench) => {
  const { code, stdout, stderr } = await bench.run();
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "Usage:");
});

testExe(
  "every problem of a configuration is one line with file, line, column, path and value",
  async (bench) => {
    await bench.write(
      "icinga-warden.json",
      `{
  "daemons": {
    "icinga_agent_service": { "arguments": { "interval": "5x", "servce": "icinga2" } }
  },
  "log": { "level": "loud" }
}`,
    );
    for (const args of [["config", "check"], ["run", "--simulate"]]) {
      const { code, stderr } = await bench.run(...args);
      assertEquals(code, 2);
      const lines = stderr.trimEnd().split("\n");
      assertEquals(lines.length, 3, stderr);
      assertMatch(
        lines[0]!,
        /icinga-warden\.json:3:58: daemons\.icinga_agent_service\.arguments\.interval: .*"5x"/,
      );
      assertMatch(
        lines[1]!,
        /:3:\d+: daemons\.icinga_agent_service\.arguments\.servce: .*did you mean "service"/,
      );
      assertMatch(lines[2]!, /:5:\d+: log\.level: .*"loud"/);
    }
    assertMatch(await bench.log(), /\[FATAL\] agent: .*interval/); // a service has nobody to tell but its log
  },
);

testExe("config init writes a file that passes, and never overwrites one", async (bench) => {
  assertEquals((await bench.run("config", "init")).code, 0);
  assertEquals((await bench.run("config", "check")).code, 0);
  const before = await Deno.readTextFile(`${bench.home}/icinga-warden.json`);
  const { code, stderr } = await bench.run("config", "init");
  assertEquals(code, 1);
  assertMatch(stderr, /exists/);
  assertEquals(await Deno.readTextFile(`${bench.home}/icinga-warden.json`), before);
});

testExe("config show prints what is in force, and config schema a JSON schema", async (bench) => {
  const shown = JSON.parse((await bench.run("config", "show", "--json")).stdout);
  const { service, interval, backoff } = shown.daemons.icinga_agent_service.arguments;
  assertEquals([service, interval, backoff], ["icinga2", "5s", "10s"]);
  const schema = JSON.parse((await bench.run("config", "schema")).stdout);
  assertEquals(Object.keys(schema.properties).includes("daemons"), true);
});

testExe(
  "config check names both of two daemons that watch one service, and exits with 2",
  async (bench) => {
    const text = '{ "daemons": { "icinga_agent_service": {}, "service_watch": ' +
      '{ "arguments": { "services": ["ICINGA2"] } } } }';
    await Deno.writeTextFile(`${bench.home}/icinga-warden.json`, text);
    const { code, stderr } = await bench.run("config", "check");
    assertEquals(code, 2);
    assertMatch(stderr, /'service_watch' cannot run: .*:1:91: .*'icinga_agent_service' watches it/);
  },
);

testExe("config init says in one line why it cannot write, and exits with 1", async (bench) => {
  const file = `${bench.home}/none/icinga-warden.json`;
  const { code, stderr } = await bench.run("config", "init", "--config", file);
  assertEquals([code, stderr], [
    1,
    `icinga-warden: ${file}: its folder does not exist; make it\n`,
  ]);
});

testExe("help of a command's action is the help of that command", async (bench) => {
  const { code, stdout } = await bench.run("help", "config", "check");
  assertEquals([code, stdout], [0, (await bench.run("help", "config")).stdout]);
});

testExe("what could not be printed is said, and is no success", async (bench) => {
  const { code, stdout } = await bench.runOnTerminal("config", "schema", ">/dev/full");
  assertEquals(code, 1);
  assertMatch(stdout, /^icinga-warden: Cannot write to standard output: .*No space left/);
});

testExe(
  "the command is found wherever it stands, and --foreground alone means run",
  async (bench) => {
    for (
      const args of [
        ["--foreground", "--for", "0s", "--simulate"],
        ["--for", "0s", "--simulate", "run", "--foreground"],
        ["--home", bench.home, "--foreground", "--simulate", "run", "--for=0s"],
      ]
    ) {
      const { code, stdout } = await bench.run(...args);
      assertEquals(code, 0, args.join(" "));
      assertStringIncludes(stdout, "agent: Stopped");
    }
    assertMatch((await bench.run("--foreground", "rnu")).stderr, /Unknown command 'rnu'/);
  },
);
