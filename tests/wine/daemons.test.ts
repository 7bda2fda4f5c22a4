import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { blocks } from "../docs/page.ts";
import { BAD, beat, CURIOUS, REFUSED } from "../exe/modules.ts";
import { type Agent, testWindows, until } from "./machine.ts";

/** A configuration for a service that is not there, and an agent on a port of its own. */
function configuration(daemons: Record<string, unknown> = {}): string {
  const icinga_agent_service = { arguments: { service: "not_there", interval: "1s" } };
  return JSON.stringify({
    control: { listen: "127.0.0.1:0" },
    daemons: { icinga_agent_service, ...daemons },
  });
}

/** Runs a command in the agent's home that must succeed, and returns what it printed. */
async function done(agent: Agent, ...args: string[]): Promise<string> {
  const { code, output } = await agent.warden(...args);
  assertEquals(code, 0, `${args.join(" ")}\n${output}`);
  return output;
}

testWindows(
  "a daemon is written, tried, registered, edited and unregistered while the agent runs",
  async (windows) => {
    const agent = await windows.agent(["run"], { "icinga-warden.json": configuration() }, "home ä");
    await agent.logged(/Started/);
    await done(agent, "daemon", "new", "disk_watch");
    const tried = await done(agent, "daemon", "test", "disk_watch");
    assertMatch(tried, /^disk_watch \(daemons\/disk_watch\.js\): passed\r?\n/);
    assertStringIncludes(tried, "it beats at once and then at each interval ... ok");
    await done(agent, "daemon", "register", "disk_watch", "interval=100ms", "greeting=hi");
    await agent.logged(/\[INFO\] disk_watch::run::Main::0: hi, beat 3/);
    const text = await agent.read("daemons/disk_watch.js");
    await agent.write("daemons/text.js", `export const word = "part";`);
    await agent.write(
      "daemons/disk_watch.js",
      `import { word } from "./text.js";\n${text.replace("beat ${", "${word} ${")}`,
    );
    await agent.logged(/disk_watch::run::Main::0: hi, part \d+/);
    await agent.write("daemons/text.js", `export const word = "piece";`);
    await agent.logged(/disk_watch::run::Main::0: hi, piece \d+/);
    assertMatch(
      await done(agent, "daemon", "list"),
      /disk_watch +daemons\/disk_watch\.js +yes +running/,
    );
    await done(agent, "daemon", "unregister", "disk_watch");
    await agent.logged(/The daemons have changed: -disk_watch/);
    assertEquals(/\[ERROR\]/.test(await agent.log()), false, await agent.log());
  },
);

testWindows("each bad module is one clear line, and good ones beside them run", async (windows) => {
  const registered = Object.fromEntries(
    Object.keys(BAD).map((file) => [
      file.replace(/\.\w+$/, ""),
      { module: `daemons/${file}` },
    ]),
  );
  const modules = Object.entries(BAD).map(([file, [text]]) => [`daemons/${file}`, text]);
  const agent = await windows.agent(["run"], {
    "daemons/good.js": beat("good"),
    ...Object.fromEntries(modules),
    "icinga-warden.json": configuration({ good: {}, ...registered }),
  });
  await agent.logged(/good::run::Main::0: beat 3/);
  const log = await agent.logged(/waits\.js: did not load/);
  const errors = log.split("\n").filter((line) => line.includes("[ERROR]"));
  for (const [name, [, said]] of Object.entries(BAD)) {
    assertEquals(
      errors.filter((line) => said.test(line)).length,
      1,
      `${name}\n${errors.join("\n")}`,
    );
  }
});

testWindows(
  "a configuration that became wrong is refused, and the old one stays",
  async (windows) => {
    const agent = await windows.agent(["run"], {
      "daemons/beat.js": beat("beat"),
      "icinga-warden.json": configuration({ beat: {} }),
    });
    await agent.logged(/beat::run::Main::0: beat 1/);
    await agent.write("icinga-warden.json", `{ "daemons": {}, "log": { "level": "loud" } }`);
    const log = await agent.logged(
      /\[ERROR\] agent: .*icinga-warden\.json:1:\d+: log\.level: got "loud"/,
    );
    const beats = log.match(/beat::run::Main::0: beat/g)!.length;
    await agent.logged(new RegExp(`beat::run::Main::0: beat ${beats + 3}\\n`));
  },
);

testWindows(
  "a file, a host, a program and FFI that were not declared are refused",
  async (windows) => {
    const all = ["*"];
    const agent = await windows.agent(["run"], {
      "daemons/curious.js": CURIOUS,
      "icinga-warden.json": configuration({
        curious: { permissions: { read: all, net: all, run: all, ffi: all } },
      }),
    });
    const log = await agent.logged(/curious::run::Main::0: lives on/);
    for (const [name, kind] of Object.entries(REFUSED)) {
      assertMatch(
        log,
        new RegExp(`\\[ERROR\\] curious::run::Main::0: ${name}: Requires ${kind} access`),
      );
    }
    assertEquals(log.includes("allowed"), false, log);
  },
);

testWindows(
  "a missing module is its daemon's problem, a device no module's name",
  async (windows) => {
    const agent = await windows.agent(["run"], {
      "daemons/beat.js": beat("beat"),
      "icinga-warden.json": configuration({ beat: {}, gone: {} }),
    });
    await agent.logged(/beat::run::Main::0: beat 3/);
    await agent.logged(
      /Daemon 'gone' cannot run: .*icinga-warden\.json:1:\d+: daemons\.gone: no built-in daemon of this name, and no module/,
    );
    // Standard error of what runs to its end is not seen here; the exe for Linux is asked for the words.
    const { code, output } = await agent.warden("daemon", "new", "nul");
    assertEquals([code, output], [2, ""]);
  },
);

testWindows(
  "a log that another program holds loses no record and no older file",
  async (windows) => {
    const agent = await windows.agent(["--foreground"], {
      "daemons/writer.js": WRITER,
      "icinga-warden.json": JSON.stringify({
        ...JSON.parse(configuration({ writer: {} })),
        log: { maxSize: "64KB", keep: 100 },
      }),
    });
    const current = "logs/icinga-warden.log";
    const older = async () => (await agent.files("logs").catch(() => [])).length - 1;
    await until("it has rotated", async () => await older() >= 2);
    const release = await windows.holdFile(agent, current);
    const before = await older();
    await until("it grows on", async () => await agent.size(current) > 3 * 65_536);
    assertEquals(await older(), before);
    await release();
    // While the files are renamed none may be there.
    const rotated = () => agent.size(`${current}.1`).catch(() => 0);
    await until("it has rotated again", async () => await rotated() > 3 * 65_536);
    await agent.press("ctrl-c");
    await agent.ended();
    const numbers: number[] = [];
    for (const name of await agent.files("logs")) {
      const text = await agent.read(`logs/${name}`);
      numbers.push(...[...text.matchAll(/: no (\d+) /g)].map(([, n]) => Number(n)));
    }
    numbers.sort((a, b) => a - b);
    assertEquals(numbers, numbers.map((_, i) => i + 1));
  },
);

testWindows(
  "a state file that another program holds is left whole, and saved once it is free",
  async (windows) => {
    const agent = await windows.agent(["--foreground"], {
      "daemons/saver.js": SAVER,
      "icinga-warden.json": configuration({ saver: {} }),
    });
    const saved = async () => {
      const text = await agent.read("state.json");
      return Number(/"n":(\d+)/.exec(text)?.[1] ?? 0);
    };
    await until("it is saved", async () => (await agent.files("")).includes("state.json"));
    const release = await windows.holdFile(agent, "state.json");
    const held = await saved();
    await agent.logged(/\[WARNING\] agent: Cannot save the state to /);
    assertEquals(await saved(), held);
    await release();
    await until("it is saved again", async () => await saved() > held);
    await agent.press("ctrl-c");
    await agent.ended();
    assertEquals((await agent.files("")).includes("state.json.new"), false);
  },
);

testWindows(
  "a saved state that another program shares with no one is read once it is free",
  async (windows) => {
    const files = {
      "icinga-warden.json": configuration({}),
      "state.json":
        '{"format":1,"saved":"2026-01-01T00:00:00.000Z","maps":{"Daemons.x.Kept":{"n":7}}}',
    };
    const home = await windows.home(files);
    const release = await windows.holdFileAlone(home, "state.json");
    const agent = windows.agentIn(home, ["--foreground", "--simulate"]);
    await agent.logged(/Started icinga-warden/);
    await release();
    await until(
      "it is saved anew",
      async () => !(await agent.read("state.json")).includes("2026-01"),
    );
    assertMatch(await agent.read("state.json"), /"Daemons.x.Kept":\{"n":7\}/);
  },
);

/** Changes what is saved each 200 ms. */
const SAVER = `
export default {
  name: "saver",
  description: "",
  async run(context) {
    const map = context.state.map("Saved", { persistent: true });
    await context.every(200, () => map.increment("n"));
  },
};
`;

/** Logs 50 records of 1 KB a second. */
const WRITER = `
export default {
  name: "writer",
  description: "",
  async run(context) {
    let n = 0;
    await context.every(20, () => context.log.info("no " + ++n + " " + "x".repeat(1_000)));
  },
};
`;

testWindows("disks are seen without a program, and a late program is ended", async (windows) => {
  const late = { module: "program_check", arguments: { program: "cmd.exe" } };
  const daemons = {
    disk_space: { arguments: { warning: "1B", critical: "1B" } },
    well: { ...late, arguments: { program: "cmd.exe", args: ["/c", "echo fine|more & exit 1"] } },
    late: {
      ...late,
      arguments: {
        program: "cmd.exe",
        args: ["/c", "for /l %i in (0,0,1) do @rem"],
        timeout: "2s",
      },
    },
  };
  const agent = await windows.agent(["run"], { "icinga-warden.json": configuration(daemons) });
  await agent.logged(/Started/);
  const verdict = async (daemon: string, expected: RegExp) => {
    let text = "";
    await until(`${daemon}: ${expected}`, async () => {
      text = (await agent.warden("get", "--json", `${daemon}.Verdict.now`)).output;
      return expected.test(text);
    });
  };
  await verdict("disk_space", /"text": ?"C: [\d.]+ [GM]B free of [\d.]+ [GM]B/);
  await verdict("well", /"level": ?"warning"/);
  await verdict("late", /"text": ?"cmd\.exe took longer than 2 s, and was ended"/);
});

testWindows(
  "the tutorial's daemon runs in the service, by the page's own commands",
  async (windows) => {
    const home = await windows.home({ "icinga-warden.json": configuration() });
    windows.owns("icinga-warden");
    const page = await Deno.readTextFile(new URL("../../docs/daemons.md", import.meta.url));
    const files = new Map(blocks(page).map(({ info, text }) => [info, text]));
    const call = async (line: string) => {
      assert(page.includes(`> icinga-warden ${line}\n`), `the page shows 'icinga-warden ${line}'`);
      const words = line.replace("C:\\spool", `${home.inside}\\spool`).split(" ");
      const { code, output } = await home.warden(...words);
      assertEquals(code, 0, `${line}\n${output}`);
      return output.replaceAll("\r\n", "\n");
    };
    for (const name of ["a", "b"]) await home.write(`spool/${name}`, "");
    await call("daemon new queue_watch");
    for (const name of ["queue_watch.js", "queue_watch.test.js"]) {
      await home.write(`daemons/${name}`, files.get(`daemons/${name}`)!);
    }
    const spool = "folder=C:\\spool limit=2";
    assertMatch(
      await call(`daemon test queue_watch ${spool} --grant`),
      /^queue_watch .*: passed\n/,
    );
    const [installed, started] = [await call("service install"), await call("service start")];
    const printed =
      `> icinga-warden service install\n${installed}> icinga-warden service start\n${started}`;
    assertEquals(printed.replace(/process \d+/, "process 4242"), files.get("service"));
    await home.logged(/Started/);
    await call(`daemon register queue_watch ${spool}`);
    await home.logged(/Daemon 'queue_watch' cannot run: it needs permissions/);
    await call("daemon register queue_watch --grant");
    await home.logged(/queue_watch::run::Main::0: 2 files, and 2 are allowed/);
    assertMatch(await call("daemon list"), /^queue_watch +daemons\/queue_watch\.js +yes +running/m);
    assertEquals(await call("get queue_watch.Queue"), "KEY    VALUE\nfiles  2\nfull   false\n");
    await home.warden("service", "uninstall");
  },
);

testWindows("a secret is set, asked for by a daemon, and shown nowhere", async (windows) => {
  const own = { module: "daemons/own.js", permissions: { secrets: ["db"] } };
  const agent = await windows.agent(["run"], {
    "icinga-warden.json": configuration({ own }),
    "daemons/own.js": `export default { name: "own", permissions: { secrets: ["db"] },
      async run(context) {
        const secret = await context.retry(() => context.secret("db"), { maxAttempts: 50 });
        context.log.info(secret.length + " characters: " + secret);
        await context.every("1h", () => {});
      } };`,
  });
  await agent.logged(/Started/);
  assertMatch(await agent.paste("echo geheim| icinga-warden secret set db"), /Stored secret 'db'/);
  await agent.logged(/own::run::Main::0: 6 characters: \*\*\*/);
  const printed = [
    await done(agent, "config", "show"),
    await done(agent, "daemon", "show", "own"),
    await done(agent, "get", "--json"),
    await agent.log(),
  ];
  assertEquals(/geheim/.test(printed.join("\n")), false);
  // On Wine access lists are Unix' modes, and Everyone is what is neither owner nor group.
  if (Deno.build.os !== "windows") {
    assertEquals((await Deno.stat(`${agent.outside}/secrets/db`)).mode! & 0o007, 0);
  } else {
    const { output } = await windows.run("icacls.exe", `${agent.inside}\\secrets\\db`);
    assertEquals(/Everyone|\\Users:|Authenticated|\(I\)/.test(output), false, output);
  }
});
