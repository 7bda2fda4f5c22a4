import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { IMPORT_NAMES } from "../../lib/thread/imports.ts";
import { BAD, beat, CURIOUS, REFUSED } from "./modules.ts";
import { type Bench, CTRL_C, testExe } from "./program.ts";

/** A port of its own, since other agents may run on this machine. */
const CONTROL = `"control": { "listen": "127.0.0.1:0" }`;

const ICINGA = `"icinga_agent_service": { "arguments": { "interval": "100ms" } }`;

/** Writes a module into the folder of daemons. */
async function module(bench: Bench, name: string, text: string): Promise<void> {
  await Deno.mkdir(`${bench.home}/daemons`, { recursive: true });
  await bench.write(`daemons/${name}`, text);
}

/** Runs a command that must succeed without a word on standard error, and returns what it printed. */
async function done(bench: Bench, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bench.run(...args);
  assertEquals([code, stderr], [0, ""], `${args.join(" ")}\n${stdout}`);
  return stdout;
}

testExe(
  "a daemon is written, tried, registered, edited and unregistered while the agent runs",
  async (bench) => {
    await bench.write(
      "icinga-warden.json",
      `{\n  // mine\n  ${CONTROL},\n  "daemons": { ${ICINGA} }\n}\n`,
    );
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
    await agent.printed(/is RUNNING/);

    await done(bench, "daemon", "new", "disk_watch");
    const tried = await done(bench, "daemon", "test", "disk_watch");
    assertMatch(tried, /^disk_watch \(daemons\/disk_watch\.js\): passed\n/);
    assertStringIncludes(tried, "60 s  info  hello, beat 7");
    assertStringIncludes(tried, "Daemons.disk_watch.Beats.count = 7");
    assertStringIncludes(tried, "it beats at once and then at each interval ... ok");

    await done(bench, "daemon", "register", "disk_watch", "interval=100ms", "greeting=hi");
    await agent.printed(/\[INFO\] disk_watch::run::Main::0: hi, beat 3/);
    assertStringIncludes(await Deno.readTextFile(`${bench.home}/icinga-warden.json`), "// mine");

    await done(bench, "daemon", "register", "disk_watch", "greeting=hello");
    await agent.printed(/disk_watch::run::Main::0: hello, beat \d+/);

    await done(bench, "daemon", "register", "second", "--module", "disk_watch", "greeting=also");
    await agent.printed(/second::run::Main::0: also, beat 1/);

    const list = await done(bench, "daemon", "list");
    assertMatch(list, /^second +daemons\/disk_watch\.js +yes +running +1 +\d+ ?s +0 +-$/m);

    const file = `${bench.home}/daemons/disk_watch.js`;
    const text = await Deno.readTextFile(file);
    await bench.write("daemons/text.js", `export const word = "part";`);
    await Deno.writeTextFile(
      file,
      `import { word } from "./text.js";\n${text.replace("beat ${", "${word} ${")}`,
    );
    await agent.printed(/disk_watch::run::Main::0: hello, part \d+/);
    await bench.write("daemons/text.js", `export const word = "piece";`);
    await agent.printed(/disk_watch::run::Main::0: hello, piece \d+/);

    await done(bench, "daemon", "unregister", "disk_watch");
    await done(bench, "daemon", "unregister", "second");
    await agent.printed(/The daemons have changed: .*-second/);
    const { stdout } = await bench.run("config", "show", "--json");
    assertEquals(Object.keys(JSON.parse(stdout).daemons), ["icinga_agent_service"]);
    const log = await bench.log();
    assertEquals(log.match(/icinga_agent_service::run::Main::0: .* is RUNNING/g)?.length, 1, log);
    assertEquals(log.match(/\[(WARNING|ERROR)\]/g), null, log);
  },
);

testExe(
  "an exe that reads JavaScript alone writes it, also where TypeScript is asked",
  async (bench) => {
    const written = await done(bench, "daemon", "new", "typed.ts");
    if (!/Deno 2\.[0-7]\./.test(await done(bench, "version"))) return;
    assertMatch(
      written,
      /^This exe of Deno \S+ reads JavaScript only: typed\.js\nWrote .*typed\.js\n/,
    );
    assertMatch(await done(bench, "daemon", "test", "typed"), /: passed\n/);
  },
);

testExe(
  "a configuration that became wrong is refused as a whole, with its errors",
  async (bench) => {
    await module(bench, "beat.js", beat("beat"));
    await bench.write("icinga-warden.json", `{ ${CONTROL}, "daemons": { ${ICINGA}, "beat": {} } }`);
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
    await agent.printed(/beat::run::Main::0: beat 1/);
    await bench.write(
      "icinga-warden.json",
      `{ ${CONTROL}, "daemons": { ${ICINGA} }, "log": { "level": "loud" } }`,
    );
    await agent.printed(
      /\[ERROR\] agent: The changed configuration is refused, and the old one stays/,
    );
    const log = await agent.printed(
      /\[ERROR\] agent: .*icinga-warden\.json:1:\d+: log\.level: got "loud"/,
    );
    const refused = await bench.run("check");
    assertEquals(refused.code, 1);
    assertMatch(
      refused.stdout,
      /^WARNING: The changed configuration is refused, and the old one stays in force: .+icinga-warden\.json:1:\d+: log\.level: got "loud"/,
    );
    const beats = log.match(/beat::run::Main::0: beat/g)!.length;
    await agent.printed(new RegExp(`beat::run::Main::0: beat ${beats + 3}\\n`));
    await bench.write("icinga-warden.json", `{ ${CONTROL}, "daemons": { ${ICINGA} } }`);
    await agent.printed(/The daemons have changed: -beat/);
    assertEquals((await bench.run("check")).code, 0);
  },
);

testExe("each bad module is one clear line, and good ones beside them run", async (bench) => {
  await module(bench, "good.js", beat("good"));
  for (const [name, [text]] of Object.entries(BAD)) await module(bench, name, text);
  const entries = Object.keys(BAD).map((file) =>
    `"${file.replace(/\.\w+$/, "")}": { "module": "daemons/${file}" }`
  );
  await bench.write(
    "icinga-warden.json",
    `{ ${CONTROL}, "daemons": { ${ICINGA}, "good": {},\n"gone": { "module": "daemons/not_there.js" },\n${
      entries.join(",\n")
    } } }`,
  );
  const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
  await agent.printed(/Service 'icinga2' is RUNNING/);
  await agent.printed(/good::run::Main::0: beat 3/);
  const log = await agent.printed(
    /endless\.js: did not load[^]*waits\.js: did|waits\.js: did not load[^]*endless\.js: did/,
  );
  const errors = log.split("\n").filter((line) => line.includes("[ERROR]"));
  for (const [name, [, said]] of Object.entries(BAD)) {
    assertEquals(
      errors.filter((line) => said.test(line)).length,
      1,
      `${name}\n${errors.join("\n")}`,
    );
  }
  assertEquals(errors.filter((line) => /not_there\.js: is not there/.test(line)).length, 1);
  assertEquals(errors.length, Object.keys(BAD).length + 1, errors.join("\n"));
  const raw = log.split("\n").filter((line) => line !== "" && !/^\S+Z \[/.test(line));
  assertEquals(raw, []);
});

testExe(
  "a module that is missing, a pipe or one of two takes nobody down, at the start and later",
  async (bench) => {
    await module(bench, "beat.js", beat("beat"));
    await module(bench, "twin.js", beat("twin"));
    await module(bench, "twin.mjs", beat("twin"));
    await new Deno.Command("mkfifo", { args: [`${bench.home}/daemons/pipe.js`] }).output();
    const daemons = `${ICINGA}, "beat": {}, "twin": {}, "pipe": {}, "gone": {}`;
    await bench.write("icinga-warden.json", `{ ${CONTROL}, "daemons": { ${daemons} } }`);
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
    await agent.printed(/beat::run::Main::0: beat 3/);
    const log = await agent.printed(/'gone' cannot run/);
    for (
      const said of [
        /Daemon 'gone' cannot run: .*\.json:1:\d+: daemons\.gone: no built-in daemon .* in daemons\//,
        /Daemon 'twin' cannot run: .*twin\.js: twin\.mjs beside it has the same name/,
        /Daemon 'pipe' cannot run: .*pipe\.js: is a device or a pipe/,
      ]
    ) assertMatch(log, said);
    const checked = await bench.run("config", "check");
    assertEquals([checked.code, checked.stdout], [2, ""]);
    assertEquals(checked.stderr.match(/^Daemon '(gone|twin|pipe)' cannot run: /gm)?.length, 3);
    const list = await done(bench, "daemon", "list");
    assertMatch(list, /^gone +not found +yes/m);

    await Deno.rename(`${bench.home}/daemons`, `${bench.home}/elsewhere`);
    await agent.printed(/Daemon 'beat' goes on as it was: .* no built-in daemon of this name/);
    const beats = (await bench.log()).match(/beat::run::Main::0: beat/g)!.length;
    await agent.printed(new RegExp(`beat::run::Main::0: beat ${beats + 3}\\n`));
    agent.signal("SIGTERM");
    assertEquals((await agent.ended).code, 0);
    assertEquals((await bench.log()).includes("refused"), false, await bench.log());
  },
);

testExe(
  "names of odd characters or in odd case, and two modules of one name, are said",
  async (bench) => {
    for (const file of ["Odd.js", "a-b.js", "twin.js", "twin.mjs"]) {
      await module(
        bench,
        file,
        beat("x"),
      );
    }
    const list = await done(bench, "daemon", "list");
    assertMatch(list, /Odd\.js: its file name is "Odd"; expected small letters, digits and _/);
    assertMatch(list, /a-b\.js: its file name is "a-b"; expected small letters/);
    assertMatch(list, /twin\.js: twin\.mjs beside it has the same name; keep one/);
    for (const name of ["Odd", "a-b", "twin"]) {
      const { code, stderr } = await bench.run("daemon", "register", name);
      assertEquals(code, 2);
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    }
  },
);

testExe("what is wrong is refused before anything is written", async (bench) => {
  await module(bench, "beat.js", beat("beat"));
  await module(bench, "syntax.js", "export default {");
  const reader = 'Deno.readTextFileSync(new URL("icinga-warden.json", import.meta.url))';
  await bench.write("reader.js", `${reader};\n${beat("reader")}`);
  const text = `{ "daemons": { "icinga_agent_service": {} } } // as it is`;
  await bench.write("icinga-warden.json", text);
  const cases: [args: string[], said: RegExp][] = [
    [["register"], /'daemon register' needs the name of a daemon/],
    [["register", "nobody"], /No daemon 'nobody' is built in or lies in .*daemons; known: beat, /],
    [
      ["register", "beat", "n=1"],
      /: Cannot register 'beat': argument n: unknown argument; none is known here$/m,
    ],
    [["register", "beat", "fast"], /argument fast: no value; arguments are typed key=value/],
    [
      ["register", "heartbeat", "flie=x", "fast", "interwal=5s", "file=a", "file=b", "interval=0"],
      /: Cannot register 'heartbeat': argument fast: no value; .*, and argument file: typed twice; .*, and argument flie: unknown argument; did you mean "file"\?, and argument interwal: unknown argument; did you mean "interval"\?, and argument interval: got "0"; expected a duration/,
    ],
    [
      ["test", "heartbeat", "flie=x", "interwal=5s"],
      /: Cannot test 'heartbeat': argument flie: .* "file"\?, and argument interwal: .* "interval"\?$/m,
    ],
    ...["register", "show"].map((action): [string[], RegExp] => [
      [action, "syntax"],
      /: [^:]+syntax\.js:1:\d+: /,
    ]),
    [["register", "reader", "--module", "./reader.js"], /Requires read access/],
    [["show", "beat", "now"], /Unexpected 'now'/],
    [["register", "Beat"], /'Beat' is not a valid name for a daemon; expected small letters/],
    [
      ["register", "beat", "--module", "../x.js"],
      /Flag '--module' is '\.\.\/x\.js'; expected a path in home/,
    ],
    [
      ["register", "icinga_agent_service", "interval=5x"],
      /argument interval: got "5x"; expected a duration/,
    ],
    [
      ["register", "service_watch", "services="],
      /argument services: got an empty array; expected a list of texts .*, at least 1$/m,
    ],
    [["unregister", "beat"], /'beat' is not registered; known: icinga_agent_service/],
    [["new", "Beat"], /'Beat' is not a valid name for a daemon/],
    [
      ["new", "nul"],
      /'nul' is not a valid name for a daemon; it is a reserved name, that of a device/,
    ],
    [
      ["new", "constructor"],
      /'constructor' is not a valid name for a daemon; it is a reserved name/,
    ],
    [
      ["register", "beat", "--module", "daemons/con.js"],
      /Flag '--module' is 'daemons\/con\.js'; expected a path without a reserved name/,
    ],
    [["new", "icinga_agent_service"], /is the name of a built-in daemon/],
    [["list", "--grant"], /Flag '--grant' is not for 'daemon list'/],
    [["lst"], /Unknown 'daemon lst'; did you mean "list"\?/],
    [[], /'daemon' needs one of list, show, new, test, register, unregister, run/],
  ];
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await bench.run("daemon", ...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, said);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
  assertEquals(await Deno.readTextFile(`${bench.home}/icinga-warden.json`), text);
  const { code, stdout, stderr } = await bench.run("daemon", "new", "beat");
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^icinga-warden: [^\n]+beat\.js exists and is not changed; [^\n]+\n$/);
});

testExe(
  "without a configuration, the Icinga daemon stays registered beside the first other",
  async (bench) => {
    await module(bench, "beat.js", beat("beat"));
    await done(bench, "daemon", "register", "beat");
    const shown = JSON.parse(await done(bench, "config", "show", "--json"));
    assertEquals(Object.keys(shown.daemons), ["icinga_agent_service", "beat"]);
    await done(bench, "daemon", "unregister", "beat");
    await done(bench, "daemon", "unregister", "icinga_agent_service");
    assertEquals(JSON.parse(await done(bench, "config", "show", "--json")).daemons, {});
  },
);

testExe(
  "a file, a host, a program and FFI that were not declared are refused, and it lives on",
  async (bench) => {
    await module(bench, "curious.js", CURIOUS);
    // What is granted and not declared is not given either.
    await bench.write(
      "icinga-warden.json",
      `{ ${CONTROL}, "daemons": { "curious": { "permissions": { "read": ["*"], "net": ["*"], "run": ["*"], "ffi": ["*"] } } } }`,
    );
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
    const log = await agent.printed(/curious::run::Main::0: lives on/);
    for (const [name, kind] of Object.entries(REFUSED)) {
      assertMatch(
        log,
        new RegExp(`\\[ERROR\\] curious::run::Main::0: ${name}: Requires ${kind} access`),
      );
    }
    assertEquals(log.includes("allowed"), false, log);
    const tried = await bench.run("daemon", "test", "curious");
    assertEquals(tried.code, 1);
    assertMatch(tried.stdout, /^curious \(daemons\/curious\.js\): FAILED: refused read /);
    for (const kind of Object.values(REFUSED)) {
      assertMatch(
        tried.stdout,
        new RegExp(`refused .*${kind} `),
      );
    }
  },
);

testExe("what is declared and granted is given; --grant writes the grant", async (bench) => {
  await module(
    bench,
    "reader.js",
    `export default { name: "reader", description: "reads",
  arguments: { file: { type: "string", description: "to read" } },
  permissions: { read: ["{file}"] },
  run: (context) => context.every(100, () => context.log.info("read " + Deno.readTextFileSync(context.arguments.file))) };`,
  );
  await bench.write("data.txt", "the data");
  await bench.write("icinga-warden.json", `{ ${CONTROL} }`);
  const file = `${bench.home}/data.txt`;
  const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
  await agent.printed(/is RUNNING/);
  const shown = await done(bench, "daemon", "register", "reader", `file=${file}`);
  assertStringIncludes(
    shown,
    `not granted: read ${JSON.stringify(file)}; it does not run until they are: `,
  );
  await agent.printed(
    /Daemon 'reader' cannot run: it needs permissions that daemons\.reader\.permissions does not grant: read/,
  );
  await done(bench, "daemon", "register", "reader", "--grant");
  await agent.printed(/reader::run::Main::0: read the data/);
  const { daemons } = JSON.parse(await done(bench, "config", "show", "--json"));
  assertEquals(daemons.reader.permissions, { read: [file] });
});

testExe("register says where each argument comes from, and takes one back", async (bench) => {
  await done(bench, "daemon", "new", "disk_watch");
  const first = await done(bench, "daemon", "register", "disk_watch", "greeting=hi");
  assertStringIncludes(first, `arguments    interval = "10s" (default), greeting = "hi" (given)\n`);
  const next = await done(bench, "daemon", "register", "disk_watch", "interval=5s");
  assertStringIncludes(next, `interval = "5s" (given), greeting = "hi" (configuration)\n`);
  const args = ["daemon", "register", "disk_watch"];
  const unset = await done(bench, ...args, "greeting=", "--unset", "interval");
  assertStringIncludes(unset, `interval = "10s" (default), greeting = "" (given)\n`);
  await done(bench, ...args, "--unset", "interval", "--unset=greeting");
  const { daemons } = JSON.parse(await done(bench, "config", "show", "--json"));
  assertEquals(daemons.disk_watch.arguments, {});
  const wrong: [args: string[], said: RegExp][] = [
    [["--unset", "greting"], /argument greting: cannot be unset: there is none; .*"greeting"\?$/m],
    [["greeting=a", "--unset", "greeting"], /argument greeting: typed and unset; do one of both$/m],
  ];
  for (const [words, said] of wrong) {
    const { code, stderr } = await bench.run(...args, ...words);
    assertEquals(code, 2);
    assertMatch(stderr, said);
  }
});

testExe(
  "a permission that the runtime does not take is refused before it is written",
  async (bench) => {
    const text = (name: string) =>
      `export default { name: "${name}", arguments: { hosts: { type: "list", default: ["localhost"] } },
  permissions: { net: ["{hosts}"] }, run: () => {} };`;
    await module(bench, "asks.js", text("asks"));
    const refused = await bench.run("daemon", "register", "asks", "hosts=a:80,no host", "--grant");
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(
      refused.stderr,
      /^icinga-warden: Cannot register 'asks': permission net "no host" cannot be used; [^\n]+\n$/,
    );
    await bench.write(
      "icinga-warden.json",
      `{ "daemons": { "asks": { "arguments": { "hosts": ["no host"] }, "permissions": { "net": ["*"] } } } }`,
    );
    const checked = await bench.run("config", "check");
    assertEquals(checked.code, 2);
    assertMatch(
      checked.stderr,
      /^Daemon 'asks' cannot run: permission net "no host" cannot be used/,
    );
  },
);

testExe("show and list are JSON for scripts", async (bench) => {
  await module(bench, "beat.js", beat("beat"));
  const shown = JSON.parse(await done(bench, "daemon", "show", "icinga_agent_service", "--json"));
  assertEquals(shown.arguments.interval.default, "5s");
  assertEquals([shown.registered, shown.module], [true, null]);
  const list = JSON.parse(await done(bench, "daemon", "list", "--json"));
  const names = list.map((row: { name: string; registered: string }) =>
    `${row.name} ${row.registered}`
  );
  assert(names.includes("beat no") && names.includes("icinga_agent_service yes"), names.join());
  const tests = JSON.parse(await done(bench, "daemon", "test", "--json"));
  assertEquals(tests[0].log[0], { at: 0, level: "info", message: "beat 1" });
});

testExe("what a module prints is in the trial's log, and nowhere else", async (bench) => {
  await module(
    bench,
    "loud.js",
    `console.log("at load"); Deno.stdout.writeSync(new TextEncoder().encode("raw\\n"));
export default { name: "loud", description: "two\\nlines\\x1b[31m", run: () => console.table([1]) };`,
  );
  const shown = JSON.parse(await done(bench, "daemon", "show", "loud", "--json"));
  assertEquals(shown.name, "loud");
  assertMatch(await done(bench, "daemon", "show", "loud"), /^loud: two lines.\[31m\n/);
  const [trial] = JSON.parse(await done(bench, "daemon", "test", "loud", "--json"));
  const said = trial.log.map(({ message }: { message: string }) => message);
  assertEquals(said, ["at load", "raw", "[ 1 ]"]);
});

testExe("a daemon that blocks its thread is told so by its trial", async (bench) => {
  await module(
    bench,
    "spins.js",
    `export default { name: "spins", description: "", async run(context) {
  context.log.info("began"); await context.sleep(1000); for (;;); } };`,
  );
  const { code, stdout } = await bench.run("daemon", "test", "spins");
  assertEquals(code, 1);
  assertMatch(stdout, /^spins .*: FAILED: it blocks its thread: 10 s without a pause\n/);
  assertStringIncludes(stdout, "logged 1 record\n  0 s  info  began\n");
});

testExe(
  "daemon test fills a map, names the place of a failure, and prints no colours",
  async (bench) => {
    await module(
      bench,
      "deep.js",
      `const deep = (n) => { if (n === 3) throw new TypeError("no three"); };
export default { name: "deep", run: (context) => deep(context.state.of("other", "M").get("n")) };`,
    );
    await module(
      bench,
      "deep.test.js",
      `import { assertEquals, test } from "icinga-warden/testing";
test("counts", () => assertEquals(1, 2));`,
    );
    const { code, stdout } = await bench.run("daemon", "test", "deep", "--state", "other.M.n=3");
    assertEquals(code, 1);
    assertMatch(stdout, /: FAILED: TypeError: no three \(daemons\/deep\.js:1:42\)\n +at deep \(/);
    assertMatch(
      stdout,
      /counts \.\.\. FAILED: Assertion.*\(daemons\/deep\.test\.js:2:22\)\n +at daemons\/deep\.test\.js:2:22\n/,
    );
    assertEquals(/\[\d+m/.test(stdout), false, stdout);
    const wrong = await bench.run("daemon", "test", "deep", "--state", "n=3");
    assertEquals(wrong.code, 2);
    assertMatch(wrong.stderr, /Flag '--state' is 'n=3'; expected DAEMON\.MAP\.KEY=VALUE, such as/);
  },
);

testExe(
  "daemon run runs one beside an agent of the same home, with files of its own",
  async (bench) => {
    await module(bench, "beat.js", beat("beat"));
    await module(
      bench,
      "reader.js",
      `export default { name: "reader", arguments: { file: { type: "string" } },
  permissions: { read: ["{file}"] }, maps: { Seen: { description: "", persistent: true } },
  async run(context) {
    context.state.map("Seen").set("text", Deno.readTextFileSync(context.arguments.file));
    context.log.info("read in " + context.home);
    await context.every(1000, () => {});
  } };`,
    );
    await bench.write("data.txt", "the data");
    await bench.write("icinga-warden.json", `{ ${CONTROL}, "daemons": { "beat": {} } }`);
    const agent = bench.start("--foreground", "--simulate");
    await agent.printed(/beat::run::Main::0: beat 1/);
    const args = ["daemon", "run", "reader", `file=${bench.home}/data.txt`];

    const refused = await bench.run(...args);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(
      refused.stderr,
      /^icinga-warden: Cannot run 'reader': not granted: read .* '--grant'/,
    );

    const run = bench.start(...args, "--grant");
    const shown = await run.printed(/reader::run::Main::0: read in .*/);
    assertStringIncludes(shown, `read in ${bench.home}\n`);
    const [, folder = ""] = /^To see its state: icinga-warden status --home (.+); Ctrl\+C ends it$/m
      .exec(
        shown,
      )!;
    const [status, got] = await Promise.all([
      bench.run("status", "--json", "--home", folder),
      bench.run("get", "reader.Seen.text", "--home", folder),
    ]);
    const { daemons } = JSON.parse(status.stdout);
    assertEquals(daemons.map(({ name }: { name: string }) => name), ["reader"]);
    assertEquals(got.stdout, "the data\n");

    run.signal("SIGINT");
    assertEquals((await run.ended).code, 0);
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    assertEquals(/reader/.test(await bench.log()), false, await bench.log());
    assertEquals((await bench.run("get", "reader.Seen.text")).code, 1);
    agent.signal("SIGTERM");
    assertEquals((await agent.ended).code, 0);
    const services = await bench.run("daemon", "run", "icinga_agent_service");
    assertEquals(services.code, 2);
    assertMatch(services.stderr, /no Windows service control manager on linux; add '--simulate'/);
  },
);

testExe("a built-in daemon gets what it declares of its arguments", async (bench) => {
  await bench.write("icinga-warden.json", `{ ${CONTROL} }`);
  const shown = await done(bench, "daemon", "register", "heartbeat", "file=beat.json");
  assertStringIncludes(shown, "An agent that runs from this home starts it within seconds.");
  const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
  await agent.printed(/is RUNNING/);
  for (const end = Date.now() + 60_000;;) {
    const beat = await Deno.readTextFile(`${bench.home}/beat.json`).catch(() => undefined);
    if (beat !== undefined) {
      assertEquals(JSON.parse(beat).beats, 1);
      break;
    }
    assert(Date.now() < end, await bench.log());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

testExe("the names that can be imported are in the exe", async (bench) => {
  const imports = IMPORT_NAMES.map((name, n) => `import * as n${n} from "${name}";`).join("\n");
  await module(bench, "names.js", `${imports}\n${beat("names")}`);
  assertMatch(await done(bench, "daemon", "test", "names"), /^names .*: passed\n/);
});

testExe("on a terminal nothing that a daemon prints is shown but as a record", async (bench) => {
  await module(
    bench,
    "tty.js",
    `import process from "node:process";
export default { name: "tty", description: "", run() {
  process.stdout.write("by node\\n"); process.stderr.write("by node\\n");
  Deno.stdout.writeSync(new TextEncoder().encode("by deno\\n")); console.log("by console");
} };`,
  );
  await bench.write("icinga-warden.json", `{ ${CONTROL}, "daemons": { "tty": {} } }`);
  const agent = bench.startOnTerminal("run", "--foreground", "--simulate");
  await agent.printed(/(by (node|deno|console)[^]*){4}/);
  await agent.type(CTRL_C);
  const shown = await agent.ended;
  const lines = shown.stdout.split("\n").filter((line) => / by (node|deno|console)|^by/.test(line));
  assertEquals(lines.length, 4, shown.stdout);
  for (const line of lines) assertMatch(line, /tty::run::Main::0:.* by/);
});
