import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type DaemonContext,
  type DaemonDefinition,
  defineDaemon,
} from "../../lib/daemon/author.ts";
import { refusalsIn } from "../../lib/testing/refusals.ts";
import { simulate } from "../../lib/testing/author.ts";
import { runTests, test, type TestResult } from "../../lib/testing/test.ts";

const worker = defineDaemon({
  name: "worker",
  description: "has its tasks done",
  arguments: { items: { type: "list", default: ["a", "b"], description: "what to do" } },
  maps: { Done: { description: "by item", check: (value) => Number(value) } },
  async run(context) {
    const done = context.state.map("Done");
    const threads = context.arguments.items.map((item) =>
      context.thread<number>("work", { name: "Work", arguments: { item } })
    );
    for (const [i, { result, thread }] of threads.entries()) {
      done.set(context.arguments.items[i]!, await result);
      context.log.info(`${thread} is done`);
    }
  },
  tasks: {
    async work(context, { item }: { item: string }) {
      await context.sleep(1_000);
      if (item === "bad") throw new Error("as it does");
      return context.now();
    },
  },
});

Deno.test("a daemon's verdict is the entry of a map of its own", async () => {
  const run = simulate(defineDaemon({
    name: "full",
    run: (context) =>
      context.every("1s", () => context.report("warning", "full", { free: 1 }, { ttl: "1m" })),
  }));
  await run.advance("1s");
  const { level, text, numbers } = run.map<Record<string, unknown>>("Verdict").get("now")!;
  assertEquals({ level, text, numbers }, {
    ...{ level: "warning", text: "full", numbers: { free: { value: 1 } } },
  });
  await run.stop();
});

Deno.test("child threads run beside the daemon, with names that count up", async () => {
  const run = simulate(worker);
  await run.advance("1s");
  assertEquals(Object.fromEntries(run.map("Done")), { a: 1_000, b: 1_000 });
  assertEquals(run.log.map(({ message }) => message), [
    "worker::work::Work::0 is done",
    "worker::work::Work::1 is done",
  ]);
  assertEquals(run.ended, true);
  await run.stop();
});

Deno.test("threads of another name count from 0, and each tells what has become of it", async () => {
  const told: unknown[] = [];
  const run = simulate({
    name: "leads",
    run: async (context) => {
      const thread = (task: string, name: string) => context.thread(task, { name });
      const handles = [
        ...[thread("ends", "A"), thread("ends", "B"), thread("fails", "A"), thread("ends", "A")],
        ...[thread("waits", "C"), thread("gone", "A")],
      ];
      told.push(handles.map(({ thread, status }) => `${thread} ${status}`));
      handles[4]!.stop();
      const results = await Promise.allSettled(handles.map(({ result }) => result));
      told.push(results.map((result) => "value" in result ? result.value : `${result.reason}`));
      told.push(handles.map(({ status }) => status));
    },
    tasks: {
      ends: () => ({ well: true }),
      fails: () => Promise.reject(new RangeError("odd")),
      waits: (context) => context.sleep("1h"),
    },
  });
  await run.advance("1s");
  const [threads, results, states] = told;
  assertEquals(threads, [
    ...["leads::ends::A::0 running", "leads::ends::B::0 running", "leads::fails::A::0 running"],
    ...["leads::ends::A::1 running", "leads::waits::C::0 running", "leads::gone::A::0 running"],
  ]);
  const well = { well: true };
  const [a, b, failed, c, aborted, missing] = results as unknown[];
  assertEquals([a, b, failed, c], [well, well, "RangeError: odd", well]);
  assertEquals((aborted as string).startsWith("AbortError"), true);
  assertEquals(missing, "Error: there is no task 'gone'");
  assertEquals(states, ["finished", "finished", "failed", "finished", "stopped", "failed"]);
  await run.stop();
});

Deno.test("a stop waits until the daemon has returned, and tells what it threw before", async () => {
  const done: string[] = [];
  const slow = simulate({
    name: "tidies",
    run: async (context) => {
      await context.sleep("1h").catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      done.push("tidy");
      throw new Error("what comes after the stop does not count");
    },
  });
  await slow.advance("1s");
  assertEquals([slow.ended, slow.endedAt], [false, undefined]);
  await slow.stop();
  assertEquals(done, ["tidy"]);
  const failing = simulate({
    name: "fails",
    run: async (context) => {
      await context.sleep("1m");
      throw new RangeError("odd");
    },
  });
  await assertRejects(() => failing.advance("5m"), RangeError, "odd");
  assertEquals([failing.ended, failing.endedAt], [true, 60_000]);
  await assertRejects(() => failing.stop(), RangeError, "odd");
});

Deno.test("the clock stands for an answer that takes longer than a second", async () => {
  const run = simulate({
    name: "asks",
    run: async (context) => context.log.info(await (await context.fetch("http://a/")).text()),
  }, {
    fetch: () => new Promise((resolve) => setTimeout(() => resolve(new Response("x")), 1_200)),
  });
  await run.advance("1m");
  assertEquals(run.log, [{ at: 0, level: "info", message: "x" }]);
  await run.stop();
});

Deno.test("what a daemon does not declare is not there for it", async () => {
  const call = (permissions: DaemonDefinition["permissions"]) => {
    const run = simulate({
      name: "own",
      ...(permissions && { permissions }),
      run: async (context) => {
        context.log.info(await context.secret("db").catch(String));
        context.log.info((await context.host.disks())[0]!);
        context.log.info(`${await context.service("x").query()}`);
      },
    });
    return run.advance("1s").catch(String).then((error) => [
      ...run.log.map(({ message }) => message),
      ...(error === undefined ? [] : [error]),
    ]);
  };
  const disk = '{"name":"C:","free":40000000000,"total":100000000000}';
  const lacks = "Error: This daemon lacks the permission 'secrets db'";
  const [secret, free, refused] = await call({});
  assertEquals([secret, free], [lacks, disk]);
  assertEquals(refused!.startsWith("Error: Cannot manage service 'x': daemon 'own' lacks"), true);
  assertEquals(await call({ secrets: ["*"], services: true }), ["secret db", disk, "RUNNING"]);
  assertEquals((await call({ secrets: ["{name}"] }))[0], "secret db");
  assertEquals((await call({ secrets: ["other"] }))[0], lacks);
});

Deno.test("what a task throws is its result's, and what the daemon throws is the test's", async () => {
  const run = simulate(worker, { arguments: { items: ["bad"] } });
  await assertRejects(() => run.advance("1s"), Error, "as it does");
});

Deno.test("the clock stands while something real is waited for", async () => {
  const reader = defineDaemon({
    name: "reader",
    description: "reads a real file",
    run: (context) =>
      context.every(1_000, async () => {
        await Deno.readTextFile(new URL(import.meta.url));
        context.log.info("read");
      }),
  });
  const run = simulate(reader);
  await run.advance("10s");
  assertEquals(run.log.map(({ at }) => at), Array.from({ length: 11 }, (_, i) => i * 1_000));
  await run.stop();
});

Deno.test("arguments and spans that do not fit are said", async () => {
  assertThrows(() => simulate(worker, { arguments: { item: 1 } }), TypeError, "unknown argument");
  const run = simulate(worker);
  await assertRejects(
    () => run.advance("soon"),
    TypeError,
    'Cannot advance("soon"): expected ms or a duration',
  );
  await run.stop();
});

Deno.test("collected tests are run in order, and each failure is one line", async () => {
  const outcomes: TestResult[] = [];
  const importFile = () => {
    test("passes", () => {});
    test("fails", () => Promise.reject(new Error("as\n  it does")));
    return Promise.resolve();
  };
  await runTests(
    importFile,
    (error) => ({ error: (error as Error).message, stack: ["x"] }),
    () => {},
    (outcome) => void outcomes.push(outcome),
  );
  assertEquals(outcomes, [{ name: "passes" }, {
    name: "fails",
    error: "as it does",
    stack: ["x"],
  }]);
});

Deno.test("refused permissions are found in texts", () => {
  assertEquals(refusalsIn('x Requires read access to "/a b", specify the'), ['read "/a b"']);
  assertEquals(refusalsIn('Requires net access to "h:1"; let the module'), ['net "h:1"']);
  assertEquals(refusalsIn("Requires ffi access"), ["ffi"]);
});

Deno.test("another daemon's map is read, and written only where that one has opened it", async () => {
  const writer = defineDaemon({
    name: "writer",
    description: "writes elsewhere",
    async run(context) {
      await context.sleep(1);
      context.log.info(`${context.state.of("other", "Closed").get("k")}`);
      context.state.of("other", "Open").set("k", "mine");
      context.state.of("other", "Closed").set("k", "mine");
    },
  });
  const run = simulate(writer);
  const closed = run.mapOf("other", "Closed");
  const open = run.mapOf("other", "Open", { open: true });
  closed.set("k", "theirs");
  await assertRejects(
    () => run.advance("1s"),
    Error,
    "Cannot write Daemons.other.Closed: it is not for thread 'writer::run::Main::0' to write, and its owner has not opened it",
  );
  assertEquals(run.log[0]?.message, "theirs");
  assertEquals([closed.get("k"), open.get("k")], ["theirs", "mine"]);
});

Deno.test("spans that are none are refused, as the agent refuses them", async () => {
  const expected = "ms or a duration such as 500ms, 5s or 2m";
  const cases: [nap: (context: DaemonContext) => Promise<void>, error: string][] = [
    [(context) => context.sleep(NaN), `Cannot sleep(NaN): expected ${expected}`],
    [(context) => context.sleep(-1), `Cannot sleep(-1): expected ${expected}`],
    [(context) => context.sleep("5"), `Cannot sleep("5"): expected ${expected}`],
    [
      (context) => context.every("soon", () => {}),
      `Cannot beat every("soon"): expected more than 0, ${expected}`,
    ],
    [
      (context) => context.every("0s", () => {}),
      `Cannot beat every("0s"): expected more than 0, ${expected}`,
    ],
    [
      (context) => context.every(0, () => {}),
      `Cannot beat every(0): expected more than 0, ${expected}`,
    ],
    [
      (context) => context.every(1, 5 as unknown as () => void),
      "Cannot beat every(1, 5): expected a function",
    ],
  ];
  for (const [run, error] of cases) {
    const simulation = simulate({ name: "naps", description: "", run } as DaemonDefinition);
    await assertRejects(() => simulation.advance("1s"), TypeError, error);
  }
});

Deno.test("a time is given in ms or as a duration", async () => {
  const run = simulate({
    name: "naps",
    run: async (context) => {
      await context.sleep("500ms");
      await context.sleep(250);
      await context.every("2m", () => context.log.info("beat"));
    },
  });
  await run.advance("5m");
  assertEquals(run.log.map(({ at }) => at), [750, 120_750, 240_750]);
  await run.stop();
});

Deno.test("a simulated daemon's metrics are those of a scrape", async () => {
  const run = simulate(
    defineDaemon({
      name: "disk",
      maps: {
        Drives: {
          description: "By drive",
          metrics: { free: { type: "gauge", unit: "bytes", help: "Free space" } },
        },
      },
      run: (context) => void context.state.map("Drives").set("C:", { free: 3 }),
    }),
  );
  await run.advance("1s");
  const [series] = run.metrics();
  assertEquals([series!.name, series!.labels, series!.value], [
    "icinga_warden_daemon_disk_free_bytes",
    { daemon: "disk", key: "C:" },
    3,
  ]);
  await run.stop();
});

Deno.test("a test stands for programs and disks", async () => {
  const run = simulate({
    name: "looks",
    run: async (context) => {
      context.log.info(await context.host.disks());
      context.log.info(await context.run("ping", ["x"]));
      await context.run("slow", [], { timeout: "5s" });
    },
  }, {
    disks: [{ name: "D:", free: 1, total: 2 }],
    run: (program, args) => program === "slow" ? undefined : { code: 1, stdout: `${args}` },
  });
  const late = "slow took longer than 5 s, and was ended";
  await assertRejects(() => run.advance("1s"), DOMException, late);
  assertEquals(run.log.map(({ message }) => message), [
    '[{"name":"D:","free":1,"total":2}]',
    '{"code":1,"stdout":"x","stderr":""}',
  ]);
});

Deno.test("a simulated daemon takes changed arguments, which are checked", async () => {
  const run = simulate({
    name: "takes",
    arguments: { limit: { type: "duration", default: "5s", description: "limit" } },
    run: (context) => {
      context.onArguments(({ limit }) => context.log.info(limit));
      return context.every("1m", () => context.log.info(`beat ${context.arguments.limit}`));
    },
  });
  await run.advance("1s");
  await run.change({ limit: "7s" });
  await run.advance("1m");
  assertEquals(run.log.map(({ message }) => message), ["beat 5000", "7000", "beat 7000"]);
  await assertRejects(() => run.change({ limit: "soon" }), TypeError, 'limit: got "soon"');
  await run.stop();
});

Deno.test("a test gives secrets to a daemon that declares them", async () => {
  const daemon = {
    name: "asks",
    permissions: { secrets: ["db"] },
    run: async (context: DaemonContext) => {
      context.log.info(await context.secret("db").catch(String));
      context.log.info(await context.secret("other").catch(String));
    },
  };
  const logged = async (secrets?: Record<string, string>) => {
    const run = simulate(daemon, { ...(secrets && { secrets }) });
    await run.advance("1s");
    return run.log.map(({ message }) => message);
  };
  const other = "Error: This daemon lacks the permission 'secrets other'";
  assertEquals(await logged({ db: "geheim" }), ["geheim", other]);
  assertEquals(await logged(), ["secret db", other]);
  assertEquals(await logged({}), ["Error: There is no secret 'db'", other]);
});

Deno.test("a time limit does not pass while something real is waited for", async () => {
  const run = simulate({
    name: "waits",
    run: async (context) => {
      const real = new Promise<string>((done) => setTimeout(() => done("came"), 50));
      context.log.info(await context.timeout("5s", () => real));
      const never = context.timeout("5s", () => new Promise<never>(() => {}));
      context.log.info(await never.catch(String));
    },
  });
  await run.advance("1m");
  assertEquals(run.log.map(({ at, message }) => [at, message]), [
    [0, "came"],
    [5_000, "TimeoutError: Took longer than 5s"],
  ]);
  await run.stop();
});

Deno.test("a simulated daemon's home is the current folder, unless a test names another", async () => {
  const homeIn = async (options: { home?: string }) => {
    const run = simulate({
      name: "tells",
      run: (context: DaemonContext) => context.log.info(context.home),
    }, options);
    await run.advance("1s");
    return run.log[0]!.message;
  };
  assertEquals([await homeIn({}), await homeIn({ home: "/other" })], [Deno.cwd(), "/other"]);
});

Deno.test("a simulated day begins when the test says so, and goes on while the host sleeps", async () => {
  const beats = async (start?: string) => {
    const run = simulate({
      name: "daily",
      run: (context) => context.cron("0 3 * * *", () => context.log.info("due")),
    }, { ...(start !== undefined && { start }) });
    await run.advance("2h");
    run.sleepHost("30m");
    await run.advance("1h");
    await run.stop();
    return run.log.map(({ at }) => at / 60_000);
  };
  assertEquals([await beats(), await beats("2026-03-04T02:50:00Z")], [[150], [10]]);
});

Deno.test("what maps hold at the start is there, and the name is the one of the registration", async () => {
  const changes: unknown[] = [];
  const run = simulate({
    name: "reads",
    run: (context: DaemonContext) => {
      const own = context.state.map("Own"), other = context.state.of("other", "M");
      context.log.info([own.get("a"), other.get("b")].join());
      own.set("a", 2);
      own.delete("c");
    },
  }, {
    name: "second",
    maps: { Own: { a: 1, c: 3 } },
    state: { "Daemons.other.M": { b: 5 } },
    onChange: (...change) => changes.push(change),
  });
  await run.advance("1s");
  assertEquals(run.log[0]!.message, "1,5");
  assertEquals(run.mapOf("second", "Own").get("a"), 2);
  assertEquals(run.ownMaps(), { Own: { a: 2 } });
  assertEquals(changes.slice(-2), [["Own", "a", 2], ["Own", "c", undefined]]);
  await run.stop();
});
