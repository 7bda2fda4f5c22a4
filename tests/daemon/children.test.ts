import { assertEquals, assertRejects } from "@std/assert";
import { ChildThreads } from "../../lib/daemon/children.ts";
import type { FromThread } from "../../lib/daemon/protocol.ts";

Deno.test("a child that never ran is stopped or failed, and waits no longer", async () => {
  const told: FromThread[] = [];
  const children = new ChildThreads((message) => told.push(message));
  const stopped = children.start("work");
  const failed = children.start("work", { pool: "None" });
  assertEquals([stopped.status, failed.status], ["waiting", "waiting"]);
  stopped.stop();
  assertEquals(told.at(-1), { type: "stop-child", id: 1 });
  children.take(1, { type: "error", error: "it was stopped" });
  children.take(2, { type: "error", error: "there is no pool 'None'" });
  assertEquals([stopped.status, failed.status], ["stopped", "failed"]);
  await assertRejects(() => stopped.result, Error, "it was stopped");
  await assertRejects(() => failed.result, Error, "there is no pool 'None'");
});
