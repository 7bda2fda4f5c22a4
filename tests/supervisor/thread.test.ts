import { assert, assertEquals, assertMatch, fail } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ManualClock, systemClock, within } from "../../lib/base/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { HealthMonitor, type MonitoredThread } from "../../lib/supervisor/health.ts";
import { DaemonLimits } from "../../lib/supervisor/limits.ts";
import { pack, type Task } from "../../lib/thread/protocol.ts";
import { workerPermissions } from "../../lib/thread/start.ts";
import { mayEnd, type RunOutcome, runThread, type ThreadRun } from "../../lib/supervisor/thread.ts";
import { holdings } from "../bench/holdings.ts";
import { planOf } from "./supervised.ts";

/** What a daemon does, and how its thread ends by that. */
const WAYS = {
  "return": "finished",
  "throw new Error('boom')": "boom (way_1.js:1:78)",
  "self.close(); await new Promise(() => {})": "it closed its thread",
  "Deno.exit(1); await new Promise(() => {})": "it called Deno.exit(1)",
  "process.exit(2)": "it called Deno.exit(2)",
  "setTimeout(() => { throw new Error('bang') }); await new Promise(() => {})":
    "bang (way_5.js:1:97)",
};

/** A run of a daemon whose `run` is the text `body`; its module is written to `folder`. */
async function runOf(
  folder: string,
  name: string,
  body: string,
  state: MainState,
): Promise<ThreadRun> {
  const file = join(folder, `${name}.js`);
  await Deno.writeTextFile(
    file,
    `export default { name: "${name}", description: "x", async run(context) { ${body} } };`,
  );
  const plan = planOf(name);
  return {
    plan: {
      ...plan,
      permissions: workerPermissions({}, [folder], []),
      assignment: { ...plan.assignment, module: pathToFileURL(file).href },
    },
    signal: new AbortController().signal,
    grace: 5_000,
    clock: systemClock,
    limits: new DaemonLimits({ clock: systemClock, log: () => {} }),
    health: new HealthMonitor(systemClock),
    connect: (port, thread) => state.connect(port, thread),
  };
}

/** Runs a thread for each way to end, and gives how they ended. */
async function runAll(folder: string, state: MainState): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  for (const [index, way] of Object.keys(WAYS).entries()) {
    const outcome = await runThread(await runOf(folder, `way_${index}`, way, state));
    ends[way] = outcome.type === "failed" ? outcome.error.replace(`${folder}/`, "") : outcome.type;
  }
  return ends;
}

/** How many handles of this process are an event loop's own; each thread has some. */
function loopHandles(): number {
  return holdings("self").handles.filter((kind) => /^event(poll|fd)$/.test(kind)).length;
}

/** Whether there are no more such handles, at the latest some time after: a thread closes them when it is gone. */
async function soonNoMoreThan(count: number): Promise<boolean> {
  for (let round = 0; round < 1_000 && loopHandles() > count; round++) await systemClock.sleep(20);
  return loopHandles() <= count;
}

Deno.test({
  name: "a thread that has ended leaves no handle of its event loop behind, however it ended",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    const state = new MainState({ thread: "agent" });
    // The first thread of all has the process open two that last.
    const most = loopHandles() + 2;
    for (let round = 0; round < 3; round++) assertEquals(await runAll(folder, state), WAYS);
    assert(
      await soonNoMoreThan(most),
      `${loopHandles()} event loop handles; at most ${most} may be`,
    );
    state.close();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "a thread whose start fails once its worker is there fails, and leaves no worker behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const plan = planOf("cannot_start");
    const run: ThreadRun = {
      plan: { ...plan, permissions: workerPermissions({}, [], []) },
      signal: new AbortController().signal,
      grace: 5_000,
      clock: systemClock,
      limits: new DaemonLimits({ clock: systemClock, log: () => {} }),
      health: new HealthMonitor(systemClock),
      connect: () => () => {},
    };
    const broken: Partial<ThreadRun>[] = [
      {
        connect: () => {
          throw new Error("no state");
        },
      },
      // What cannot be cloned is not posted.
      { plan: { ...run.plan, assignment: { ...plan.assignment, arguments: { odd: () => {} } } } },
    ];
    const most = loopHandles() + 2;
    for (const change of broken) {
      const { type, error, gone } = await runThread({ ...run, ...change }) as RunOutcome & {
        error: string;
      };
      assertEquals([type, gone], ["failed", undefined]);
      assertMatch(error, /^it cannot be started: (no state|.* could not be cloned)/);
    }
    assert(
      await soonNoMoreThan(most),
      `${loopHandles()} event loop handles; at most ${most} may be`,
    );
  },
});

Deno.test("a thread that is to stop is ended when its grace is over, and not before", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const clock = new ManualClock();
  const stop = new AbortController();
  const running = Promise.withResolvers<void>();
  const run = await runOf(folder, "stays", "await new Promise(() => {});", state);
  let ended = false;
  const outcome = runThread({
    ...run,
    clock,
    signal: stop.signal,
    onRunning: running.resolve,
  }).finally(() => ended = true);
  await within(running.promise, { ms: 60_000, late: () => assert(false, "it does not run") });
  stop.abort();
  await clock.advance(4_999);
  for (let turns = 0; turns < 10; turns++) await systemClock.sleep(5);
  assertEquals(ended, false);
  await clock.advance(1);
  const result = await within(outcome, { ms: 60_000, late: () => assert(false, "it goes on") });
  assertEquals(result, { type: "overdue", hasHook: false });
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name:
    "a thread that cannot be ended within a second is given up, and known to be gone once it is",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    const state = new MainState({ thread: "agent" });
    const pipe = join(folder, "pipe");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const clock = new ManualClock();
    // It reads from a pipe into which nobody writes: the end of a worker waits for such a call.
    const body = `Deno.readTextFileSync(${JSON.stringify(pipe)});`;
    const run = await runOf(folder, "reads", body, state);
    const running = Promise.withResolvers<void>();
    const stop = new AbortController();
    const given = { ...run, clock, signal: stop.signal, onRunning: running.resolve, grace: 0 };
    const over = runThread(given);
    const limit = { ms: 60_000, late: () => assert(false, "it goes on") };
    await within(running.promise, limit);
    stop.abort();
    let isOver = false;
    const outcome = over.finally(() => isOver = true);
    for (let round = 0; round < 10_000 && !isOver; round++) {
      if (clock.nextWake !== undefined) await clock.advance(clock.nextWake - clock.now());
      await systemClock.sleep(5);
    }
    const { gone, ...rest } = await outcome;
    assertEquals(rest, { type: "overdue", hasHook: false });
    assert(gone, "it is taken for gone");
    await Deno.writeTextFile(pipe, "");
    await within(gone, limit);
    state.close();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "a thread that fails is ended at once, and one that ends itself after half a second",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    const state = new MainState({ thread: "agent" });
    const clock = new ManualClock();
    const late = (): never => fail("it goes on");
    const limit = { ms: 60_000, late };
    const ends: number[] = [];
    const { terminate } = Worker.prototype;
    Worker.prototype.terminate = function () {
      ends.push(clock.now());
      terminate.call(this);
    };
    try {
      const fails = await runOf(folder, "fails", "throw new Error('boom');", state);
      const { type, gone } = await within(runThread({ ...fails, clock }), limit);
      assertEquals([type, gone, ends], ["failed", undefined, [0]]);

      const pipe = join(folder, "pipe");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      // Its end waits for this listener.
      const waits = `() => Deno.readTextFileSync(${JSON.stringify(pipe)})`;
      const body = `self.addEventListener("unload", ${waits}); Deno.exit(1);`;
      const leaves = runThread({ ...await runOf(folder, "leaves", body, state), clock });
      // It has told that it ends, and has half a second for that.
      for (let round = 0; round < 1_000 && clock.nextWake !== 500; round++) {
        await systemClock.sleep(20);
      }
      await clock.advance(499);
      assertEquals(ends, [0]);
      await clock.advance(1);
      assertEquals(ends, [0, 500]);
      await Deno.writeTextFile(pipe, "");
      assertEquals((await within(leaves, limit)).type, "failed");
    } finally {
      Worker.prototype.terminate = terminate;
      state.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a daemon holds the whole state when it begins, and what it writes last is taken", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const full = state.map("Daemons.x.Full");
  for (let i = 0; i < 200; i++) full.set(`${i}`, "x".repeat(100_000));
  const size = 'context.state.map("Full").size';
  const run = await runOf(folder, "x", `context.state.map("Seen").set("size", ${size});`, state);
  run.plan.assignment.thread = "x::run::Main::0";
  assertEquals(await runThread(run), { type: "finished", result: undefined });
  assertEquals(state.map("Daemons.x.Seen").get("size"), 200);
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a thread runs the task that it is told, and has its result; one that is not there is a failure", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const run = await runOf(
    folder,
    "x",
    `throw new Error("run") },
    tasks: { double: (_, n) => 2 * n, port: () => () => {} },
    async onTerminate(_, given) { throw new Error(JSON.stringify(given));`,
    state,
  );
  const { plan } = run;
  const runTask = (task: Task) =>
    runThread({ ...run, plan: { ...plan, assignment: { ...plan.assignment, task } } });
  const argument = pack(21, "the argument");
  const failed = async (task: Task) => {
    const outcome = await runTask(task);
    assert(outcome.type === "failed");
    // It has ended by itself: its `onTerminate` is not for this.
    assertEquals([outcome.ended, outcome.hasHook], [false, true]);
    return outcome.error.replace(/ \([^()]*\)$/, "");
  };
  assertEquals(await runTask({ type: "task", name: "double", arguments: argument }), {
    type: "finished",
    result: pack(42, "the result"),
  });
  for (const name of ["gone", "toString"]) {
    const error = await failed({ type: "task", name, arguments: argument });
    assertEquals(error, `Daemon 'x' has no task '${name}'`);
  }
  const given = { type: "onTerminate", thread: "x::run::Main::0", reason: "it is frozen" } as const;
  assertEquals(await failed(given), JSON.stringify(given));
  const unfit = await failed({ type: "task", name: "port", arguments: argument });
  assertMatch(unfit, /^its result cannot be passed on: /);
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what a daemon prints and logs is a record, without the secrets that it has read", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const records: LogEntry[] = [];
  const body = `
    const bytes = (text) => new TextEncoder().encode(text);
    console.log("printed", { a: 1 });
    console.warn("warned");
    Deno.stdout.writeSync(bytes("\\n"));
    Deno.stderr.writeSync(bytes("written\\n"));
    context.log.info(await Deno.stdout.write(bytes("four")));
    const secret = await context.secret("token");
    context.log.info("it is " + secret);
    throw new Error("not " + secret);`;
  const run = await runOf(folder, "x", body.replaceAll(/\n */g, " "), state);
  const log = (record: LogEntry) => void records.push(record);
  const outcome = await runThread({
    ...run,
    plan: { ...run.plan, rights: ["secrets token"] },
    limits: new DaemonLimits({ clock: systemClock, log }),
    answer: (what) => Promise.resolve(what.about === "secret" && `open sesame, ${what.name}`),
  });
  assertEquals(outcome.type === "failed" && outcome.error.replace(/ \(.*/, ""), "not ***");
  assertEquals(records.map(({ level, message }) => `${level}: ${message}`), [
    "info: printed { a: 1 }",
    "warning: warned",
    "error: written",
    "info: four",
    "info: 4",
    "info: it is ***",
  ]);
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("at debug a failure is logged with its stack, and that a thread ended itself is not", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const ways: [body: string, logged: RegExp | undefined][] = [
    ["throw new Error('boom')", /^Error: boom\n +at .*logs_0\.js:1:/],
    [
      "setTimeout(() => { throw new Error('bang') }); await new Promise(() => {})",
      /^Error: bang\n +at .*logs_1\.js:1:/,
    ],
    [
      "Promise.reject(new Error('lost')); await new Promise(() => {})",
      /^Error: lost\n +at .*logs_2\.js:1:/,
    ],
    ["self.close(); await new Promise(() => {})", undefined],
  ];
  for (const [index, [body, logged]] of ways.entries()) {
    const records: LogEntry[] = [];
    const run = await runOf(folder, `logs_${index}`, body, state);
    run.plan.assignment.logLevel = "debug";
    const log = (record: LogEntry) => void records.push(record);
    const outcome = await runThread({
      ...run,
      limits: new DaemonLimits({ clock: systemClock, log }),
    });
    assertEquals(outcome.type, "failed");
    assertEquals(records.map(({ level }) => level), logged ? ["debug"] : []);
    if (logged) assertMatch(records[0]!.message, logged);
  }
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what a thread asks the agent is answered where its daemon may ask that", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const questions = ["host.disks()", 'secret("token")', 'secret("gone")'];
  const body = questions.map((question) =>
    `await context.${question}.then(JSON.stringify, (error) => error.message).then(context.log.info);`
  ).join(" ");
  const none = (name: string) => `This daemon lacks the permission '${name}'`;
  const missing = "There is no secret 'gone'";
  const rows: [rights: string[], answers: string[]][] = [
    [[], [none("sys disks"), none("secrets token"), none("secrets gone")]],
    [["sys disks", "secrets gone"], ["[]", none("secrets token"), missing]],
    [["secrets *"], [none("sys disks"), '"***"', missing]],
  ];
  for (const [index, [rights, answers]] of rows.entries()) {
    const told: string[] = [];
    const run = await runOf(folder, `asks_${index}`, body, state);
    const log = ({ message }: LogEntry) => void told.push(message);
    const outcome = await runThread({
      ...run,
      plan: { ...run.plan, rights },
      limits: new DaemonLimits({ clock: systemClock, log }),
      answer: (what) => {
        if (what.about === "disks") return Promise.resolve([]);
        if (what.name === "gone") return Promise.reject(new Error(missing));
        return Promise.resolve("open sesame");
      },
    });
    assertEquals(outcome.type, "finished");
    assertEquals(told, answers);
  }
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a thread whose heap is full ends, and nothing else does", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const body = "for (const all = [];;) all.push({ i: all.length + 0.5 });";
  const run = await runOf(folder, "fills_heap", body, state);
  run.plan.assignment.heapLimit = 32 * 1024 ** 2;
  const { plan } = run;
  const outcome = await runThread({
    ...run,
    plan: { ...plan, policy: { ...plan.policy, memoryLimit: 64 * 1024 ** 2 } },
  });
  const error = "it ran out of memory; its memoryLimit is 64MB";
  assertEquals(outcome, { type: "failed", error, ended: true, hasHook: false });
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a record of two million characters is logged, its end cut off", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const records: LogEntry[] = [];
  const body = 'context.log.info("x".repeat(2_000_000));';
  const run = await runOf(folder, "logs_a_book", body, state);
  const log = (entry: LogEntry) => void records.push(entry);
  await runThread({ ...run, limits: new DaemonLimits({ clock: systemClock, log }) });
  assertEquals(records.map(({ source }) => source), [run.plan.assignment.thread]);
  assertMatch(records[0]!.message, /^x{16000}… \(2000000 characters\)$/);
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("how many records of a daemon were dropped is logged at the latest when its thread ends", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const records: LogEntry[] = [];
  const log = (entry: LogEntry) => void records.push(entry);
  const limits = new DaemonLimits({ clock: new ManualClock(), log });
  for (let i = 0; i < 600; i++) {
    limits.log.write({ time: 0, level: "info", source: "x::scan::Main::0", message: "" });
  }
  await runThread({ ...await runOf(folder, "late", 'context.log.info("late")', state), limits });
  assertEquals(records.length, 601);
  assertMatch(records[600]!.message, /^Dropped 1 log records/);
  state.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a thread that may manage services asks for the end of a stuck one's process, unless it only observes", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  try {
    for (const [mode, expected] of [["act", ["icinga2"]], ["observe", []]] as const) {
      const asked: (number | string)[] = [];
      const run = await runOf(folder, mode, "context.service('icinga2').endProcess()", state);
      const { assignment } = run.plan;
      const serviceManager = { ...assignment.serviceManager, mode };
      const plan = { ...run.plan, assignment: { ...assignment, services: true, serviceManager } };
      const endProcess = (what: number | string) => asked.push(what);
      const outcome = await runThread({ ...run, plan, endProcess });
      assertEquals([outcome.type, asked], ["finished", [...expected]]);
    }
  } finally {
    state.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("who may manage services has any process ended, who may run programs a child alone", () => {
  const { assignment, ...plan } = planOf("x");
  const table: [services: boolean, rights: string[], child: boolean, service: boolean][] = [
    [false, [], false, false],
    [false, ["sys disks"], false, false],
    [false, ["run"], true, false],
    [true, [], true, true],
    [true, ["run"], true, true],
  ];
  for (const [services, rights, child, service] of table) {
    const given = { ...plan, assignment: { ...assignment, services }, rights };
    assertEquals([mayEnd(given, 42), mayEnd(given, "icinga2")], [child, service], `${rights}`);
  }
});

Deno.test("of a look at a thread's health too much memory is a warning first, and everything else its end", async () => {
  const folder = await Deno.makeTempDir();
  const state = new MainState({ thread: "agent" });
  const beat = { count: 1, heap: 300 * 1024 * 1024, lag: 0, exhausted: false };
  const waits = await runOf(folder, "waits", "await new Promise(() => {});", state);
  for (
    const [verdict, end] of [
      ["frozen", "it is frozen: no heartbeat for 30 s"],
      ["too-heavy", "it holds 300MB and does not let go of it; its memoryLimit is 256MB"],
      ["exhausted", "it ran out of memory; its memoryLimit is 256MB"],
    ] as const
  ) {
    let look: MonitoredThread["onLook"] = () => {};
    const health = { add: (thread: MonitoredThread) => (look = thread.onLook, () => {}) };
    const told: unknown[] = [];
    const outcome = await runThread({
      ...waits,
      health: health as unknown as HealthMonitor,
      onBeat: ({ count }) => told.push(count),
      onWarning: (warning) => told.push(warning),
      onRunning: () => {
        for (const seen of ["well", "heavy", verdict] as const) look(seen, beat);
      },
    });
    assertEquals(told, [1, 1, "it holds 300MB; its memoryLimit is 256MB", 1]);
    assertEquals(outcome, { type: "failed", error: end, ended: true, hasHook: false });
  }
  state.close();
  await Deno.remove(folder, { recursive: true });
});
