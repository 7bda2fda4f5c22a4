import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { ChildNews, ChildRequest, ToThread } from "../../lib/daemon/protocol.ts";
import type { Outcome } from "../../lib/supervisor/thread.ts";
import { type Act, ending, failed, givenUp, obedient, planOf, supervisorOf } from "./supervised.ts";

const X = "x::run::Main::0";

Deno.test("a thread that fails is started again after a growing backoff; one that finishes is not", async () => {
  const { supervisor, clock, runs, records, standings } = supervisorOf(
    ending(failed, failed, failed, { type: "finished" }),
  );
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000, 3_000, 7_000]);
  assertEquals(records.map((record) => record.level), ["error", "error", "error", "info"]);
  assertMatch(records[0]!.message, /x::run::Main::0 failed: boom; starting it again in 1 s/);
  const { state, restarts, failures, lastError } = standings.get(X)!;
  assertEquals([state, restarts, failures, lastError?.message], ["finished", 3, undefined, "boom"]);
});

Deno.test("a thread that keeps failing is left alone for long, and then given another chance", async () => {
  const { supervisor, clock, runs, records, standings } = supervisorOf(
    ending(failed, failed, failed, failed, failed, failed, failed),
  );
  supervisor.start(planOf("x"));
  await clock.advance(40_000);
  assertEquals(runs.length, 6);
  assertEquals(standings.get(X)!.state, "failed");
  assertMatch(records.at(-1)!.message, /failed 6 times in a row and is left alone for 600 s/);
  await clock.advance(600_000);
  assertEquals([runs.length, standings.get(X)!.state], [7, "failed"]);
  await clock.advance(600_000);
  assertEquals([runs.length, standings.get(X)!.state], [8, "running"]);
  await supervisor.stopAll();
});

Deno.test("a daemon that is always to run is started again when it has finished", async () => {
  const { supervisor, clock, runs } = supervisorOf(ending({ type: "finished" }));
  supervisor.start(planOf("x", { restart: "always" }));
  await clock.advance(5_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000]);
  await supervisor.stopAll();
});

Deno.test("a stop ends the waiting for a restart, and nothing is left of the thread", async () => {
  const { supervisor, clock, runs, standings } = supervisorOf(ending(failed));
  supervisor.start(planOf("x"));
  await clock.advance(500);
  await supervisor.stop("x");
  await clock.advance(10_000);
  assertEquals([runs.length, standings.size, clock.sleeping], [1, 0, 0]);
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
  const frozen: Outcome = { type: "failed", error: "it is frozen", ended: true, hasHook: true };
  const tasks: unknown[] = [];
  const act = ending(frozen, { type: "finished" });
  const { supervisor, clock, runs } = supervisorOf((run) => {
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

/** A supervisor of a daemon whose threads end as listed, and how much its process takes meanwhile. */
function burdened(...outcomes: Outcome[]) {
  const processor = {
    cores: 4,
    taken: 0,
    look: () => Promise.resolve({ taken: processor.taken, idle: 4 - processor.taken }),
  };
  return { processor, ...supervisorOf(ending(...outcomes), { MainPool: 1, Few: 1 }, processor) };
}

Deno.test("a daemon whose threads cannot be ended and take the processor is not started again, and says why", async () => {
  const { supervisor, clock, processor, runs, records, standings } = burdened(
    ...[givenUp(), givenUp(), givenUp()],
  );
  processor.taken = 1.97;
  supervisor.start(planOf("x"));
  await clock.advance(3_600_000);
  assertEquals(runs.map(({ at }) => at), [0, 1_000]);
  const refusal =
    "2 threads of this daemon that cannot be ended go on, and the agent takes 197 % of a core: mend the daemon and restart the agent";
  assertEquals(records.at(-1), {
    ...records.at(-1)!,
    level: "error",
    message: `Thread ${X} is not started: ${refusal}; it is looked at again in 600 s`,
  });
  const { state, lastError } = standings.get(X)!;
  assertEquals([state, lastError!.message], ["failed", refusal]);
  await supervisor.stopAll();
});

Deno.test("threads that cannot be ended and take nothing are no reason not to start their daemon again", async () => {
  const { supervisor, clock, processor, runs } = burdened(
    ...Array.from({ length: 4 }, () => givenUp()),
  );
  processor.taken = 1.4;
  supervisor.start(planOf("x"));
  await clock.advance(15_000);
  assertEquals(runs.length, 5);
  await supervisor.stopAll();
});

Deno.test("once the threads that were given up have ended their daemon is started again", async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { supervisor, clock, processor, runs, records, standings } = burdened(
    ...[givenUp(gone), givenUp(gone)],
  );
  processor.taken = 2;
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(standings.get(X)!.state, "failed");
  resolve();
  await clock.advance(0);
  assertEquals(records.slice(-2).map(({ level, message }) => `${level}: ${message}`), [
    `info: Thread ${X}, which was given up, ended 100 s later`,
    `info: Thread ${X}, which was given up, ended 99 s later`,
  ]);
  await clock.advance(600_000);
  assertEquals([runs.length, standings.get(X)!.state], [3, "running"]);
  await supervisor.stopAll();
});

Deno.test("a daemon that is changed, or that somebody restarts, has a fresh try", async () => {
  const { supervisor, clock, processor, runs, standings } = burdened(givenUp(), givenUp());
  processor.taken = 2;
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  assertEquals(standings.get(X)!.state, "failed");
  await supervisor.restart("x", "it was changed", planOf("x", { frozenAfter: 1_000 }));
  await clock.advance(10);
  assertEquals([runs.length, standings.get(X)!.state], [3, "running"]);
  await supervisor.stopAll();
});

Deno.test("however often a daemon is changed, ten threads of it that cannot be ended are the most", async () => {
  const { supervisor, clock, runs, standings } = burdened(
    ...Array.from({ length: 20 }, () => givenUp()),
  );
  supervisor.start(planOf("x"));
  for (let change = 1; change <= 30; change++) {
    await clock.advance(1_500);
    await supervisor.restart("x", "it was changed", planOf("x", { frozenAfter: change }));
  }
  await clock.advance(10_000);
  assertEquals([runs.length, standings.get(X)!.state], [10, "failed"]);
  await supervisor.stopAll();
});

Deno.test("one that is looked at again is failed meanwhile, and not waiting for its pool", async () => {
  const { supervisor, clock, processor, standings } = burdened(givenUp(), givenUp());
  processor.taken = 2;
  const looks = Promise.withResolvers<{ taken: number; idle: number }>();
  supervisor.start(planOf("x"));
  await clock.advance(100_000);
  processor.look = () => looks.promise;
  await clock.advance(600_000);
  assertEquals(standings.get(X)!.state, "failed");
  looks.resolve({ taken: 2, idle: 2 });
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

Deno.test("child threads count up in their names, wait for their pool in order, and have results", async () => {
  const open: (() => void)[] = [];
  const { act, ends } = parent([{}, {}, {}], (run) =>
    new Promise((resolve) => {
      const { task } = run.plan.assignment;
      const result = task.type === "task" ? task.arguments : undefined;
      open.push(() => resolve({ type: "finished", result }));
    }));
  const { supervisor, clock, standings } = supervisorOf(act, { MainPool: 1, Few: 2 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  const states = () => [...standings].map(([thread, { state }]) => `${thread} ${state}`);
  assertEquals(states(), [
    `${X} running`,
    "x::scan::Main::0 starting",
    "x::scan::Main::1 starting",
    "x::scan::Main::2 waiting",
  ]);
  open[0]!();
  await clock.advance(10);
  assertEquals(ends(), [[0, { type: "result", result: new Uint8Array([0]) }]]);
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
  assertEquals(ends(), [[0, { type: "error", error: "boom" }]]);
  assertEquals(runs.length, 2);
  await supervisor.stopAll();
});

Deno.test("children that cannot be ended and take the processor keep their parent from having more", async () => {
  const { act, ends } = parent([{}, {}, {}], () => givenUp());
  const processor = { cores: 1, look: () => Promise.resolve({ taken: 0.8, idle: 0.2 }) };
  const { supervisor, clock, runs } = supervisorOf(act, { MainPool: 1, Few: 1 }, processor);
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(runs.length, 3);
  const errors = ends().map(([, news]) => news.type === "error" ? news.error : "");
  assertEquals(errors.slice(0, 2), ["it is frozen", "it is frozen"]);
  assertMatch(
    errors[2]!,
    /^2 threads of this daemon that cannot be ended go on, .* 80 % of a core/,
  );
  await supervisor.stopAll();
});

Deno.test("a child that waits can be stopped, and one that runs", async () => {
  const { act, ends } = parent([{}, {}, { stop: 1 }, { stop: 0 }, { stop: 99 }], obedient);
  const { supervisor, clock, runs } = supervisorOf(act, { MainPool: 1, Few: 1 });
  supervisor.start(planOf("x"));
  await clock.advance(10);
  assertEquals(ends().map(([id, news]) => [id, news.type]).sort(), [[0, "error"], [1, "error"]]);
  assertEquals(runs.length <= 2, true);
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
  const errors = new Map(ends().map(([id, news]) => [id, news.type === "error" ? news.error : ""]));
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
  assertMatch(records[1]!.message, /^1 thread waits for a place/);
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
