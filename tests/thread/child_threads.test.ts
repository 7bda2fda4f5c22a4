import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ChildThreads } from "../../lib/thread/child_threads.ts";
import { type FromThread, pack } from "../../lib/thread/protocol.ts";

Deno.test("a child that never ran is stopped or failed, and waits no longer", async () => {
  const told: FromThread[] = [];
  const children = new ChildThreads((message) => told.push(message));
  const stopped = children.start("work");
  const failed = children.start("work", { pool: "None" });
  assertEquals([stopped.status, failed.status], ["waiting", "waiting"]);
  stopped.stop();
  assertEquals(told.at(-1), { type: "stop-child", id: 1 });
  children.take(1, { type: "stopped" });
  children.take(2, { type: "failed", error: "there is no pool 'None'" });
  assertEquals([stopped.status, failed.status], ["stopped", "failed"]);
  await assertRejects(() => stopped.result, Error, "The thread was stopped");
  await assertRejects(() => failed.result, Error, "there is no pool 'None'");
});

Deno.test("a child's status and its thread's name are those that were told last, up to its end", async () => {
  const children = new ChildThreads(() => {});
  const child = children.start("work");
  assertEquals([child.status, child.thread], ["waiting", undefined]);
  for (const state of ["starting", "running"] as const) {
    children.take(1, { type: "state", state, thread: "x::work::Main::0" });
    assertEquals([child.status, child.thread], [state, "x::work::Main::0"]);
  }
  children.take(1, { type: "finished" });
  children.take(1, { type: "failed", error: "too late" });
  assertEquals([child.status, child.thread], ["finished", "x::work::Main::0"]);
  assertEquals(await child.result, undefined);
});

Deno.test("a child has its task's result, and an error where it cannot be read", async () => {
  const children = new ChildThreads(() => {});
  const [one, two, three] = [
    children.start("work"),
    children.start("work"),
    children.start("work"),
  ];
  children.take(1, { type: "finished", result: pack({ files: 7 }, "results") });
  children.take(2, { type: "finished" });
  children.take(3, { type: "finished", result: new Uint8Array([0]) });
  assertEquals(await one.result, { files: 7 });
  assertEquals(await two.result, undefined);
  await assertRejects(() => three.result, Error);
});

Deno.test("a name that no task, thread or pool can have is refused in one short line, and the agent is not asked", async () => {
  const told: FromThread[] = [];
  const children = new ChildThreads((message) => told.push(message));
  const line = (what: string, name: string) =>
    `A ${what} cannot be named '${name}'; expected letters, digits and _, a letter first, at most 64`;
  const cases: [child: ReturnType<typeof children.start>, error: string][] = [
    [children.start("x".repeat(5e6)), line("task", `${"x".repeat(40)}…`)],
    [children.start("scan", { name: "a::b" }), line("thread", "a::b")],
    [children.start("scan", { pool: "" }), line("pool", "")],
  ];
  for (const [child, error] of cases) {
    assertEquals(child.status, "failed");
    await assertRejects(() => child.result, Error, error);
  }
  assertEquals(told, []);
});

Deno.test("arguments that cannot be passed on are refused where they are given", () => {
  const told: FromThread[] = [];
  const children = new ChildThreads((message) => told.push(message));
  assertThrows(() => children.start("scan", { arguments: { port: () => {} } }));
  assertThrows(() => children.start("scan", { arguments: "x".repeat(2e6) }), TypeError, "1 MB");
  assertEquals(told, []);
});
