import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { HomeInUseError, parseRecord, readUnserved } from "../../lib/agent/home.ts";
import { type AgentOptions, logFatal, runAgent, type RunPlan } from "../../lib/agent/run.ts";
import { ConfigError, defaultConfig, defaultDaemonConfig } from "../../lib/config/mod.ts";
import { Client, RefusedError } from "../../lib/control/mod.ts";

/** A home, and runs of an agent without daemons in it. */
interface Place {
  home: string;
  /** What was complained of, a line each. */
  complaints: string[];
  plan(given?: Partial<RunPlan>): RunPlan;
  /** Runs an agent until `test` is done. */
  run(
    test: () => Promise<void>,
    given?: Partial<RunPlan>,
    options?: AgentOptions,
  ): Promise<void>;
  /** The lines of the log. */
  log(): Promise<string[]>;
}

async function inPlace(test: (place: Place) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "run ä " });
  const complaints: string[] = [];
  const plan = (given: Partial<RunPlan> = {}): RunPlan => ({
    paths: { home, configFile: `${home}/icinga-warden.json`, configNamed: false },
    load: () => Promise.resolve(loaded(home)),
    span: undefined,
    level: undefined,
    serviceManager: { kind: "simulated", scenario: {} },
    foreground: false,
    colours: false,
    complain: (text) => void complaints.push(text),
    until: undefined,
    ...given,
  });
  try {
    await test({
      home,
      complaints,
      plan,
      async run(test, given, options) {
        const stop = new AbortController();
        const ended = runAgent(plan({ until: stop.signal, ...given }), {
          anyPort: true,
          ...options,
        });
        try {
          await Promise.race([test(), ended]);
        } finally {
          stop.abort();
          await ended;
        }
      },
      log: async () => {
        const text = await Deno.readTextFile(`${home}/logs/icinga-warden.log`).catch(() => "");
        return text.trim() === "" ? [] : text.trim().split("\n");
      },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function loaded(home: string) {
  const file = `${home}/icinga-warden.json`;
  return { config: { ...defaultConfig(), daemons: {} }, file, exists: false, describe: String };
}

/** Waits until something is so, for 60 s at most. */
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !await is();) {
    assert(Date.now() < end, `it did not become so: ${is}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const recordOf = (home: string) =>
  parseRecord(Deno.readTextFileSync(`${home}/icinga-warden.run.json`))!;

Deno.test("a run logs its start and its stop, and records both", async () => {
  await inPlace(async ({ home, run, log }) => {
    await run(() => until(async () => /Started/.test((await log()).join())));
    const lines = await log();
    assertMatch(lines[0]!, new RegExp(`Started icinga-warden .*, process ${Deno.pid}$`));
    assertMatch(lines.at(-1)!, /Stopped$/);
    const { pid, stopping, ended, reason } = recordOf(home);
    assertEquals([pid, reason], [Deno.pid, undefined]);
    assert(stopping! <= ended!);
    await run(() => Promise.resolve());
    assert(!(await log()).join("\n").includes("did not stop cleanly"));
  });
});

Deno.test("a run that is to stop before it has begun stops", async () => {
  await inPlace(async ({ plan, log }) => {
    await runAgent(plan({ until: AbortSignal.abort() }), { anyPort: true });
    assertMatch((await log()).at(-1)!, /Stopped$/);
  });
});

Deno.test("a run ends by itself after its time", async () => {
  await inPlace(async ({ plan, log }) => {
    await runAgent(plan({ span: 50 }), { anyPort: true });
    assert((await log()).some((line) => line.endsWith("The time given by --for is up: stopping")));
  });
});

Deno.test("the level of the command line counts more than that of the configuration", async () => {
  await inPlace(async ({ run, log, home }) => {
    await run(() => until(() => readUnserved(home) === undefined), { level: "fatal" });
    assertEquals(await log(), []);
  });
});

Deno.test("of a port that is taken the record says it while the agent runs, and the log", async () => {
  await inPlace(async ({ home, run, log }) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const load = () => {
      const { config, ...rest } = loaded(home);
      config.control = { ...config.control, listen: { hostname: "127.0.0.1", port } };
      return Promise.resolve({ config, ...rest });
    };
    const isSaid = () => readUnserved(home)?.includes(`${port}`) ?? false;
    await run(() => until(isSaid), { load }, { anyPort: false });
    assertEquals(readUnserved(home), undefined, "it has ended");
    assert((await log()).some((line) => line.includes(`${port}`)));
  });
});

// There is one log in a process: that of the second run takes the place of the first one's, which stays open.
const sanitizeResources = false;

Deno.test(
  "a home in use is an error, and without a console in the log too",
  { sanitizeResources },
  async () => {
    await inPlace(async ({ run, plan, log, home }) => {
      await run(async () => {
        await until(async () => (await log()).join().includes("Started"));
        const second = (foreground: boolean) =>
          assertRejects(
            () => runAgent(plan({ foreground }), { quiet: true }),
            HomeInUseError,
            "in use",
          );
        await second(true);
        assert(!(await log()).join().includes("is in use by"));
        await second(false);
        assertMatch((await log()).join("\n"), /is in use by process \d+, started /);
      });
      assertEquals(recordOf(home).reason, undefined);
    });
  },
);

Deno.test("a configuration that cannot be used is in the log, a record for each line, unless a person reads it", async () => {
  await inPlace(async ({ plan, log }) => {
    const load = () =>
      Promise.reject(
        new ConfigError(
          "c.json",
          ["first", "second"].map((expected) => ({ path: [expected], value: 1, expected: "none" })),
        ),
      );
    const fail = (foreground: boolean) =>
      assertRejects(() => runAgent(plan({ load, foreground })), ConfigError, "first");
    await fail(true);
    assertEquals(await log(), []);
    await fail(false);
    assertEquals((await log()).map((line) => /first|second/.exec(line)?.[0]), [
      "first",
      "second",
    ]);
    logFatal(plan(), "the third", undefined);
    assertEquals((await log()).length, 3);
  });
});

Deno.test("a log that cannot be written is complained of once", async () => {
  await inPlace(async ({ home, run, complaints }) => {
    await Deno.writeTextFile(`${home}/logs`, "in the way");
    await run(() => until(() => complaints.length > 0));
    assertEquals(complaints.length, 1);
    assertMatch(complaints[0]!, /icinga-warden\.log/);
  });
});

Deno.test("a command restarts a daemon with what its file then contains, if that can be used", async () => {
  await inPlace(async ({ home, run }) => {
    const module = (more: string) =>
      Deno.writeTextFile(
        `${home}/own.js`,
        `${more}export default { name: "own", run: ({ sleep }) => sleep(1e9) };`,
      );
    await module("");
    const daemons = { own: { ...defaultDaemonConfig(), module: "own.js" } };
    const { config, ...rest } = loaded(home);
    const load = () => Promise.resolve({ ...rest, config: { ...config, daemons } });
    await run(async () => {
      const started = async () => {
        const client = await Client.connect(home);
        const { daemons } = await client.status();
        return daemons.some(({ state }) => state === "running");
      };
      await until(() => started().catch(() => false));
      const client = await Client.connect(home);
      const restart = () => client.post("/api/restart", { daemon: "own" });
      await restart();
      await until(started);
      await module("const = 1;");
      const why = await assertRejects(restart, RefusedError);
      assertMatch(
        why.message,
        /^Cannot restart daemon 'own', which goes on as it was: .*own\.js:1:/,
      );
      assertEquals(await started(), true);
      await module("// right again\n");
      await restart();
      await until(started);
    }, { load });
  });
});
