import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { ChildNews, ChildRequest, ToThread } from "../../lib/thread/protocol.ts";
import type { RunOutcome, ThreadRun } from "../../lib/supervisor/thread.ts";
import type { ThreadPolicy } from "../../lib/supervisor/restart.ts";
import { type Act, ending, failed, givenUp, obedient, planOf, supervisorOf } from "./supervised.ts";

const X = "x::run::Main::0";

Deno.test("a thread that fails is started again after a growing backoff; one that finishes is not", async () => {
  const { supervisor, clock, runs, records, infos } = supervisorOf(
    ending(failed, failed, failed, { type: "finished" }),
  );
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000, 3_000, 7_000]);
  assertEquals(records.map((record) => record.level), ["error", "error", "error", "info"]);
  assertMatch(records[0]!.message, /x::run::Main::0 failed: boom; starting it again in 1 s/);
  const { state, restarts, failures, lastError } = infos.get(X)!;
  assertEquals([state, restarts, failures, lastError?.message], ["finished", 3, undefined, "boom"]);
});

Deno.test("a thread that keeps failing is left alone for long, and then given another chance", async () => {
  const { supervisor, clock, runs, records, infos } = supervisorOf(
    ending(failed, failed, failed, failed, failed, failed, failed),
  );
  supervisor.start(planOf("x"));
  await clock.advance(40_000);
  assertEquals(runs.length, 6);
  assertEquals(infos.get(X)!.state, "failed");
  assertMatch(records.at(-1)!.message, /failed 6 times in a row and is left alone for 600 s/);
  await clock.advance(600_000);
  assertEquals([runs.length, infos.get(X)!.state], [7, "failed"]);
  await clock.advance(600_000);
  assertEquals([runs.length, infos.get(X)!.state], [8, "running"]);
  await supervisor.stopAll();
});

Deno.test("a daemon that is always to run is started again when it has finished", async () => {
  const { supervisor, clock, runs } = supervisorOf(ending({ type: "finished" }));
  supervisor.start(planOf("x", { restart: "always" }));
  await clock.advance(5_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000]);
  await supervisor.stopAll();
});

Deno.test("what follows a thread's end is in its record", async () => {
  const finished: RunOutcome = { type: "finished" };
  const rows: [restart: ThreadPolicy["restart"], outcome: RunOutcome, record: string][] = [
    ["never", failed, `error: Thread ${X} failed: boom; it is not started again`],
    ["never", finished, `info: Thread ${X} has finished`],
    ["on-failure", finished, `info: Thread ${X} has finished`],
    ["always", finished, `info: Thread ${X} has finished; starting it again in 1 s`],
  ];
  for (const [restart, outcome, record] of rows) {
    const { supervisor, clock, records } = supervisorOf(ending(outcome));
    supervisor.start(planOf("x", { restart }));
    await clock.advance(10);
    assertEquals(records.map(({ level, message }) => `${level}: ${message}`), [record]);
    await supervisor.stopAll();
  }
});

Deno.test("a thread that cannot be kept running has failed, and the log says why", async () => {
  const { supervisor, clock, records, infos } = supervisorOf(() => {
    throw new Error("no more workers");
  });
  supervisor.start(planOf("x"));
  await clock.advance(10_000);
  assertEquals(records.map(({ level, message }) => `${level}: ${message}`), [
    `error: Thread ${X} cannot be kept running: no more workers`,
  ]);
  const { state, failures, lastError } = infos.get(X)!;
  assertEquals([state, failures, lastError?.message], ["failed", 1, "no more workers"]);
});

Deno.test("a failure while a thread is stopped is a warning, and how a thread stops otherwise none", async () => {
  const outcomes: [RunOutcome, string[]][] = [
    [failed, [`warning: Thread ${X} failed while it was stopped: boom`]],
    [{ type: "finished" }, []],
  ];
  for (const [outcome, expected] of outcomes) {
    const { supervisor, clock, records } = supervisorOf(async (run) => {
      await obedient(run);
      return outcome;
    });
    supervisor.start(planOf("x"));
    await clock.advance(10);
    await supervisor.stop("x");
    assertEquals(records.map(({ level, message }) => `${level}: ${message}`), expected);
  }
});

Deno.test("a stop ends the waiting for a restart, and nothing is left of the thread", async () => {
  const { supervisor, clock, runs, infos } = supervisorOf(ending(failed));
  supervisor.start(planOf("x"));
  await clock.advance(500);
  await supervisor.stop("x");
  await supervisor.stop("x");
  await clock.advance(10_000);
  assertEquals([runs.length, infos.size, clock.sleeping], [1, 0, 0]);
});

Deno.test("while the gate is closed nothing is started again", async () => {
  const { supervisor, clock, runs } = supervisorOf(ending(failed));
  supervisor.start(planOf("x"));
  await clock.advance(500);
  supervisor.gate.close();
  await clock.advance(60_000);
  assertEquals(runs.length, 1);
  supervisor.gate.open();
  await clock.advance(0);
  assertEquals(runs.length, 2);
  await supervisor.stopAll();
});

Deno.test("what a thread's memory and lag are is published when it changes, once in a while", async () => {
  let beat: ThreadRun["onBeat"];
  const { supervisor, clock, infos } = supervisorOf((run) => {
    beat = run.onBeat;
    return obedient(run);
  });
  supervisor.start(planOf("x"));
  await clock.advance(60_000);
  const seen = (count: number, heap: number, lag: number) => {
    beat!({ count, heap, lag, exhausted: false });
    const [{ heap: shown, lag: told } = {}] = infos.values();
    return [shown, told];
  };
  assertEquals(seen(1, 50e6, 0.6), [50e6, 1]);
  assertEquals(seen(2, 90e6, 900), [50e6, 1], "in the same period");
  await clock.advance(9_999);
  assertEquals(seen(2, 90e6, 900), [50e6, 1], "still in the same period");
  await clock.advance(60_000);
  assertEquals(seen(3, 55e6, 51), [50e6, 1], "too little has changed");
  assertEquals(seen(4, 55.1e6, 0), [55.1e6, 0]);
  await clock.advance(60_000);
  assertEquals(seen(5, 55.1e6, 51), [55.1e6, 51]);
  await clock.advance(60_000);
  assertEquals(seen(0, 1, 900), [55.1e6, 51], "before the first beat");
  await supervisor.stopAll();
});

Deno.test("few threads start at a time; one that works, or takes longer than a second, lets another start", async () => {
  const atATime = 2 + navigator.hardwareConcurrency;
  let isQuick = false;
  const { supervisor, clock, runs } = supervisorOf((run) => {
    if (isQuick) run.onRunning?.();
    return new Promise(() => {});
  }, { MainPool: 3 * atATime });
  for (let i = 0; i < 2 * atATime; i++) supervisor.start(planOf(`d${i}`));
  await clock.advance(0);
  assertEquals(runs.length, atATime);
  await clock.advance(999);
  assertEquals(runs.length, atATime);
  isQuick = true;
  await clock.advance(1);
  assertEquals(runs.length, 2 * atATime);
  const stopped = supervisor.stopAll();
  await clock.advance(11_000);
  await stopped;
});

Deno.test("changed arguments are told to a thread that takes them, where nothing else has changed", async () => {
  const told: unknown[] = [];
  const { supervisor, clock, runs, records } = supervisorOf(async (run) => {
    if (run.plan.assignment.daemon === "x") run.feed!.open((given) => told.push(given));
    const outcome = await obedient(run);
    run.feed!.close();
    return outcome;
  });
  const changed = (daemon: string, given: Record<string, unknown>, changes = {}) => {
    const plan = planOf(daemon, changes);
    return {
      ...plan,
      assignment: { ...plan.assignment, thread: `${daemon}::run::Main::0`, arguments: given },
    };
  };
  for (const daemon of ["x", "y"]) supervisor.start(planOf(daemon));
  await clock.advance(10);
  const given = { drive: "C:" };
  assertEquals(supervisor.changeArguments(changed("x", given)), true);
  assertEquals([told, supervisor.plans().get("x")!.assignment.arguments], [[given], given]);
  assertEquals(records.map(({ message }) => message), ["Told daemon 'x' its changed arguments"]);
  const refused = [
    changed("x", { drive: "D:" }, { frozenAfter: 1 }), // not the arguments alone
    changed("y", given), // its thread takes none
    changed("z", given), // not started
  ];
  for (const plan of refused) assertEquals(supervisor.changeArguments(plan), false);
  assertEquals([told.length, runs.length], [1, 2]);
  await supervisor.stop("x");
  assertEquals(supervisor.changeArguments(changed("x", {})), false);
  await supervisor.stopAll();
});

Deno.test("a restart is one of this daemon alone, under the same name", async () => {
  const { supervisor, clock, runs, states } = supervisorOf(obedient);
  supervisor.start(planOf("x"));
  supervisor.start(planOf("y"));
  await clock.advance(10);
  await supervisor.restart("x", "asked for");
  await clock.advance(10);
  assertEquals(runs.map(({ thread }) => thread), [X, "y::run::Main::0", X]);
  assertEquals(states.filter((state) => state.startsWith("x")), [
    ...["waiting", "starting", "running", "stopping", "gone", "waiting", "starting", "running"]
      .map((state) => `${X} ${state}`),
  ]);
  await assertRejects(() => supervisor.restart("z", "asked for"), Error, "z");
  await supervisor.stopAll();
  supervisor.start(planOf("late"));
  assertEquals([...supervisor.plans().keys()], []);
});

Deno.test("after a thread had to be ended its daemon's onTerminate is run, once, and then it starts again", async () => {
  const frozen: RunOutcome = { type: "failed", error: "it is frozen", ended: true, hasHook: true };
  const tasks: unknown[] = [];
  const act = ending(frozen, { type: "finished" });
  const { supervisor, clock, runs, records } = supervisorOf((run) => {
    tasks.push(run.plan.assignment.task);
    return act(run);
  });
  supervisor.start(planOf("x"));
  await clock.advance(2_000);
  assertEquals(runs.map(({ thread }) => thread), [X, "x::onTerminate::Main::0", X]);
  assertEquals(tasks, [
    { type: "run" },
    { type: "onTerminate", thread: X, reason: "it is frozen" },
    { type: "run" },
  ]);
  const messages = records.map(({ level, message }) => `${level}: ${message}`);
  assertEquals(messages[0], "info: Thread x::onTerminate::Main::0 has finished");
  await supervisor.stopAll();
});

Deno.test("after a failure that the agent did not bring about no onTerminate is run", async () => {
  const boom: RunOutcome = { type: "failed", error: "boom", ended: false, hasHook: true };
  const { supervisor, clock, runs } = supervisorOf(ending(boom));
  supervisor.start(planOf("x"));
  await clock.advance(2_000);
  assertEquals(runs.map(({ thread }) => thread), [X, X]);
  await supervisor.stopAll();
});

Deno.test("an onTerminate that fails is a warning", async () => {
  const frozen: RunOutcome = { type: "failed", error: "it is frozen", ended: true, hasHook: true };
  const { supervisor, clock, records } = supervisorOf(ending(frozen, failed));
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const [{ level, message } = {}] = records;
  assertEquals([level, message], ["warning", "Thread x::onTerminate::Main::0 failed: boom"]);
  await supervisor.stopAll();
});

Deno.test("an onTerminate that takes too long is ended", async () => {
  const { supervisor, clock, records } = supervisorOf((run) =>
    run.plan.assignment.task.type === "onTerminate"
      ? obedient(run)
      : { type: "failed", error: "it is frozen", ended: true, hasHook: true }
  );
  supervisor.start(planOf("x"));
  await clock.advance(5_000);
  assertMatch(records[0]!.message, /x::onTerminate::Main::0 took longer than 5 s; terminated it/);
  await supervisor.stopAll();
});

Deno.test("a thread that takes too long and cannot be ended is said to be given up, onTerminate as well", async () => {
  const gone = new Promise<void>(() => {});
  const { supervisor, clock, records } = supervisorOf(async (run) => {
    await obedient(run);
    return { type: "overdue", hasHook: true, gone };
  });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const stopped = supervisor.stop("x");
  await clock.advance(5_000);
  await stopped;
  assertEquals(records.map(({ message }) => message), [
    `Thread ${X} is given up: it does not answer, cannot be ended and goes on in this process`,
    `Thread ${X} did not stop within 5 s; gave it up`,
    "Thread x::onTerminate::Main::0 is given up: it does not answer, cannot be ended and goes on in this process",
    "Thread x::onTerminate::Main::0 took longer than 5 s; gave it up",
  ]);
});

/** A supervisor of a daemon whose threads cannot be ended, one run after another, until `gone` resolves. */
function burdened(count: number, gone?: Promise<void>) {
  const outcomes = Array.from({ length: count }, () => givenUp(gone));
  return supervisorOf(ending(...outcomes), { MainPool: 1, Few: 1 });
}

Deno.test("a daemon of which three threads cannot be ended is not started again, and the log says why", async () => {
  const { supervisor, clock, runs, records, states, infos } = burdened(4);
  supervisor.start(planOf("x"));
  await clock.advance(3_600_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000, 3_000]);
  const refusal =
    "3 threads of this daemon that cannot be ended go on: correct the daemon and restart the agent";
  assertEquals(records.at(-1), {
    ...records.at(-1)!,
    level: "error",
    message: `Thread ${X} is not started: ${refusal}; it is looked at again in 600 s`,
  });
  const { state, lastError } = infos.get(X)!;
  assertEquals([state, lastError!.message], ["failed", refusal]);
  assertEquals(states.filter((state) => state === `${X} waiting`).length, 1);
  await supervisor.stopAll();
});

Deno.test("once the threads that were given up have ended their daemon is started again", async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { supervisor, clock, runs, records, infos } = burdened(3, gone);
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(infos.get(X)!.state, "failed");
  resolve();
  await clock.advance(0);
  assertEquals(records.slice(-3).map(({ level, message }) => `${level}: ${message}`), [
    `info: Thread ${X}, which was given up, ended 100 s later`,
    `info: Thread ${X}, which was given up, ended 99 s later`,
    `info: Thread ${X}, which was given up, ended 97 s later`,
  ]);
  await clock.advance(600_000);
  assertEquals([runs.length, infos.get(X)!.state], [4, "running"]);
  await supervisor.stopAll();
});

Deno.test("a daemon that is changed, or that somebody restarts, has a fresh try", async () => {
  const { supervisor, clock, runs, infos } = burdened(3);
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(infos.get(X)!.state, "failed");
  await supervisor.restart("x", "it was changed", planOf("x", { frozenAfter: 1_000 }));
  await clock.advance(10);
  assertEquals([runs.length, infos.get(X)!.state], [4, "running"]);
  await supervisor.stopAll();
});

Deno.test("however often a daemon is changed, ten threads of it that cannot be ended are the most", async () => {
  const { supervisor, clock, runs, infos } = burdened(20);
  supervisor.start(planOf("x"));
  for (let change = 1; change <= 30; change++) {
    await clock.advance(1_500);
    await supervisor.restart("x", "it was changed", planOf("x", { frozenAfter: change }));
  }
  await clock.advance(10_000);
  assertEquals([runs.length, infos.get(X)!.state], [10, "failed"]);
  await supervisor.stopAll();
});

Deno.test("a thread that does not stop in time is said to have been terminated", async () => {
  const { supervisor, clock, records } = supervisorOf(async (run) => {
    await obedient(run);
    return { type: "overdue", hasHook: false };
  });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  await supervisor.stop("x");
  assertMatch(records[0]!.message, /did not stop within 5 s; terminated it/);
});

Deno.test("at a stop the whole tree is told at once, and what hangs is left behind after 11 s", async () => {
  const told: [thread: string, at: number][] = [];
  const { supervisor, clock } = supervisorOf((run) => {
    const { thread } = run.plan.assignment;
    const task = { "x::run::Main::0": "one", "x::one::Main::0": "two" }[thread];
    const request = { id: 1, name: "Main", pool: "MainPool", arguments: new Uint8Array() };
    if (task !== undefined) run.onChild?.({ ...request, task }, () => {});
    run.signal.addEventListener("abort", () => told.push([thread, clock.now()]));
    return new Promise(() => {});
  });
  supervisor.start(planOf("x"));
  await clock.advance(10_000);
  const stopped = supervisor.stopAll();
  const tree = ["x::run::Main::0", "x::one::Main::0", "x::two::Main::0"];
  assertEquals(new Map(told), new Map(tree.map((thread) => [thread, 10_000])));
  await clock.advance(11_000);
  assertEquals(await stopped, tree);
});

/** A daemon that asks for child threads at once, and what it was told of them. */
function parent(requests: (Partial<ChildRequest> | { stop: number })[], child: Act) {
  const news: [number, ChildNews][] = [];
  const act: Act = (run) => {
    if (run.plan.assignment.task.type !== "run") return child(run);
    const tell = (message: ToThread) => {
      if (message.type === "child") news.push([message.id, message.news]);
    };
    requests.forEach((request, index) => {
      if ("stop" in request) return run.onChild?.({ stop: request.stop }, tell);
      const bytes = new Uint8Array([index]);
      const defaults = { id: index, task: "scan", name: "Main", pool: "Few", arguments: bytes };
      run.onChild?.({ ...defaults, ...request }, tell);
    });
    return obedient(run);
  };
  const ends = () => news.filter(([, { type }]) => type !== "state");
  return { act, news, ends };
}

Deno.test("a child is what its parent is but for its task and its pool, and is run once", async () => {
  const children: ThreadRun["plan"][] = [];
  const { act } = parent([{}], (run) => {
    children.push(run.plan);
    return failed;
  });
  const { supervisor, clock } = supervisorOf(act, { MainPool: 1, Few: 1 });
  const schedule = { pattern: "0 * * * *", timeZone: "UTC" };
  const plan: ThreadRun["plan"] = {
    ...planOf("x", { restart: "always", failedRetry: 1_000, schedule }),
    permissions: { read: ["/data"] },
    rights: ["secrets *"],
    isBuiltIn: true,
  };
  supervisor.start(plan);
  await clock.advance(3_600_000);
  await clock.advance(60_000);
  const { schedule: _, ...policy } = plan.policy;
  const task = { type: "task", name: "scan", arguments: new Uint8Array([0]) } as const;
  assertEquals(children, [{
    ...plan,
    pool: "Few",
    assignment: { ...plan.assignment, thread: "x::scan::Main::0", task },
    policy: { ...policy, restart: "never" },
  }]);
  await supervisor.stopAll();
});

Deno.test("child threads count up in their names, wait for their pool in order, and have results", async () => {
  const open: (() => void)[] = [];
  const { act, ends } = parent([{}, {}, {}], (run) =>
    new Promise((resolve) => {
      const { task } = run.plan.assignment;
      const result = task.type === "task" ? task.arguments : undefined;
      open.push(() => resolve({ type: "finished", result }));
    }));
  const { supervisor, clock, infos } = supervisorOf(act, { MainPool: 1, Few: 2 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const states = () => [...infos].map(([thread, { state }]) => `${thread} ${state}`);
  assertEquals(states(), [
    `${X} running`,
    "x::scan::Main::0 starting",
    "x::scan::Main::1 starting",
    "x::scan::Main::2 waiting",
  ]);
  open[0]!();
  await clock.advance(10);
  assertEquals(ends(), [[0, { type: "finished", result: new Uint8Array([0]) }]]);
  assertEquals(states().slice(1), ["x::scan::Main::1 starting", "x::scan::Main::2 starting"]);
  for (const finish of open) finish();
  await clock.advance(10);
  assertEquals(states(), [`${X} running`]);
  await supervisor.stopAll();
});

Deno.test("a child that fails is not started again; its error is its parent's to see", async () => {
  const { act, ends } = parent([{}], () => failed);
  const { supervisor, clock, runs } = supervisorOf(act, { MainPool: 1, Few: 2 });
  supervisor.start(planOf("x"));
  await clock.advance(60_000);
  assertEquals(ends(), [[0, { type: "failed", error: "boom" }]]);
  assertEquals(runs.length, 2);
  await supervisor.stopAll();
});

Deno.test("children that cannot be ended keep their parent from having more", async () => {
  const { act, ends } = parent([{}, {}, {}, {}], () => givenUp());
  const { supervisor, clock, runs } = supervisorOf(act, { MainPool: 1, Few: 1 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(runs.length, 4);
  const errors = ends().map(([, news]) => news.type === "failed" ? news.error : "");
  assertEquals(errors.slice(0, 3), ["it is frozen", "it is frozen", "it is frozen"]);
  assertMatch(errors[3]!, /^3 threads of this daemon that cannot be ended go on/);
  await supervisor.stopAll();
});

Deno.test("a child that waits can be stopped, and one that runs", async () => {
  const { act, ends } = parent([{}, {}, { stop: 1 }, { stop: 0 }, { stop: 99 }], obedient);
  const { supervisor, clock, runs } = supervisorOf(act, { MainPool: 1, Few: 1 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(ends().map(([id, news]) => [id, news.type]).sort(), [[0, "stopped"], [
    1,
    "stopped",
  ]]);
  assertEquals(runs.length <= 2, true);
  await supervisor.stopAll();
});

Deno.test("a child that waits for its turn to start can be stopped", async () => {
  const { act, ends } = parent(
    [...Array.from({ length: 101 }, () => ({})), { stop: 100 }],
    obedient,
  );
  const { supervisor, clock } = supervisorOf(act, { MainPool: 1, Few: 200 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(ends(), [[100, { type: "stopped" }]]);
  await supervisor.stopAll();
});

Deno.test("children end with the thread that started them, before it is started again", async () => {
  const { act } = parent([{}], obedient);
  let parents = 0;
  const { supervisor, clock, states } = supervisorOf(async (run) => {
    if (run.plan.assignment.task.type !== "run") return await act(run);
    parents++;
    const running = act(run);
    return parents === 1 ? failed : await running;
  }, { MainPool: 1, Few: 1 });
  supervisor.start(planOf("x"));
  await clock.advance(2_000);
  const [first, again] = [
    states.indexOf("x::scan::Main::0 gone"),
    states.lastIndexOf(`${X} starting`),
  ];
  assertEquals(first >= 0 && first < again, true, states.join("\n"));
  await supervisor.stopAll();
  assertEquals(states.at(-1), `${X} gone`);
});

Deno.test("a child that cannot be is refused in one line", async () => {
  const { act, ends } = parent([{ pool: "None" }, {}, { id: 1 }], obedient);
  const { supervisor, clock } = supervisorOf(act, { MainPool: 1, Few: 2 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const errors = new Map(
    ends().map(([id, news]) => [id, news.type === "failed" ? news.error : ""]),
  );
  assertMatch(errors.get(0)!, /no thread pool 'None'; threadPools .* has MainPool, Few/);
  assertMatch(errors.get(1)!, /a child thread with the number 1 already/);
  await supervisor.stopAll();
});

Deno.test("that many wait long for a place in a pool is said once, and again of the next that wait", async () => {
  const { supervisor, clock, records } = supervisorOf(obedient, { MainPool: 2 });
  for (let i = 0; i < 10; i++) supervisor.start(planOf(`daemon_${i}`));
  await clock.advance(60_000);
  assertEquals(records.map(({ level, message }) => `${level}: ${message}`), [
    "warning: 8 threads wait for a place in pool MainPool (max 2) and do nothing until one is free; threadPools.MainPool.max in the configuration gives more",
  ]);
  supervisor.pools.set({ MainPool: { max: 10 } });
  await clock.advance(60_000);
  supervisor.start(planOf("one_more"));
  await clock.advance(60_000);
  assertEquals(records.length, 2);
  assertMatch(records[1]!.message, /^1 thread waits for a place .* and does nothing until /);
  await supervisor.stopAll();
});

Deno.test("a thread that is started again in a moment keeps its place; one that is left alone gives it up", async () => {
  const fails = Array.from({ length: 6 }, () => failed);
  const { supervisor, clock, runs } = supervisorOf(ending(...fails), { MainPool: 1 });
  supervisor.start(planOf("x"));
  supervisor.start(planOf("y"));
  await clock.advance(60_000);
  assertEquals(runs.map(({ thread }) => thread[0]).join(""), "xxxxxxy");
  await supervisor.stopAll();
});

Deno.test("a daemon's thread has 5 s to stop, and is told so", async () => {
  const graces: number[] = [];
  const { supervisor, clock } = supervisorOf((run) => {
    graces.push(run.grace);
    return obedient(run);
  });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(graces, [5_000]);
  await supervisor.stopAll();
});

Deno.test("a daemon that is restarted keeps its slot, however many children of others wait for one", async () => {
  const requests = Array.from({ length: 20 }, () => ({ pool: "MainPool" }));
  const { act } = parent(requests, obedient);
  const { supervisor, clock, states, infos } = supervisorOf(
    (run) => run.plan.assignment.daemon === "x" ? act(run) : obedient(run),
    { MainPool: 4 },
  );
  supervisor.start(planOf("x"));
  supervisor.start(planOf("main_job"));
  await clock.advance(10);
  const count = (state: string) => [...infos].filter(([, { state: is }]) => is === state).length;
  assertEquals([count("running"), count("waiting")], [4, 18]);
  for (let again = 0; again < 3; again++) {
    await supervisor.restart("main_job", "asked for");
    await clock.advance(10);
    assertEquals(infos.get("main_job::run::Main::0")!.state, "running");
  }
  assertEquals([count("running"), count("waiting")], [4, 18]);
  assertEquals(states.filter((state) => state === "main_job::run::Main::0 running").length, 4);
  await supervisor.stopAll();
});

Deno.test("the slot of a daemon that has finished goes to children", async () => {
  const { act } = parent([{ pool: "MainPool" }], obedient);
  const done = Promise.withResolvers<RunOutcome>();
  const { supervisor, clock, infos } = supervisorOf(
    (run) => run.plan.assignment.daemon === "x" ? act(run) : done.promise,
    { MainPool: 2 },
  );
  supervisor.start(planOf("x"));
  supervisor.start(planOf("y"));
  await clock.advance(10);
  assertEquals(infos.get("x::scan::Main::0")!.state, "waiting");
  done.resolve({ type: "finished" });
  await clock.advance(10);
  assertEquals(infos.get("x::scan::Main::0")!.state, "running");
  await supervisor.stopAll();
});

Deno.test("a daemon's children are told to stop at the same time as its own thread", async () => {
  const told: string[] = [];
  const end = Promise.withResolvers<RunOutcome>();
  const slow: Act = (run) => {
    const { thread } = run.plan.assignment;
    run.signal.addEventListener("abort", () => told.push(thread), { once: true });
    return end.promise;
  };
  const { act } = parent([{}], slow);
  const { supervisor, clock } = supervisorOf(
    (run) => {
      if (run.plan.assignment.task.type === "run") void act(run);
      return slow(run);
    },
    { MainPool: 1, Few: 1 },
  );
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const stopped = supervisor.stopAll();
  assertEquals(told.sort(), [X, "x::scan::Main::0"].sort());
  end.resolve({ type: "finished" });
  await stopped;
});

Deno.test("a thread that failed is started again only when its children are gone, however late", async () => {
  const end = Promise.withResolvers<RunOutcome>();
  let parents = 0;
  const { act } = parent([{}], () => end.promise);
  const { supervisor, clock, runs } = supervisorOf(async (run) => {
    if (run.plan.assignment.task.type !== "run") return await act(run);
    if (++parents > 1) return await obedient(run);
    void act(run);
    return failed;
  }, { MainPool: 1, Few: 1 });
  supervisor.start(planOf("x"));
  await clock.advance(60_000);
  assertEquals(runs.map(({ thread }) => thread), [X, "x::scan::Main::0"]);
  end.resolve({ type: "finished" });
  await clock.advance(1_000);
  assertEquals(runs.map(({ thread }) => thread), [X, "x::scan::Main::0", X]);
  await supervisor.stopAll();
});

Deno.test("what is logged of a daemon's children counts as its own log", async () => {
  const failure: RunOutcome = {
    type: "failed",
    error: "x".repeat(16_000),
    ended: false,
    hasHook: false,
  };
  const requests = Array.from({ length: 200 }, () => ({}));
  const { act, ends } = parent(requests, () => failure);
  const { supervisor, clock, records } = supervisorOf(act, { MainPool: 1, Few: 200 });
  supervisor.start(planOf("x"));
  await clock.advance(15_000);
  assertEquals(ends().length, 200);
  const logged = records.reduce((sum, { message }) => sum + message.length, 0);
  assertEquals(logged < 1_500_000, true, `${logged} characters of 3,200,000`);
  await supervisor.stopAll();
});

Deno.test("children that end well are told at debug, those that fail as an error", async () => {
  const { act } = parent(
    [{}, { name: "Bad" }],
    (run) => run.plan.assignment.thread.includes("Bad") ? failed : { type: "finished" },
  );
  const { supervisor, clock, records } = supervisorOf(act, { MainPool: 1, Few: 2 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  await supervisor.stopAll();
  assertEquals(records.map(({ level, message }) => [level, message]), [
    ["debug", "Thread x::scan::Main::0 has finished"],
    ["error", "Thread x::scan::Bad::0 failed: boom; it is not started again"],
  ]);
});
