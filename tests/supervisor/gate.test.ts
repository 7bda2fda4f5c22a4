import { assertEquals, assertRejects } from "@std/assert";
import { Gate } from "../../lib/supervisor/gate.ts";

Deno.test("a closed gate holds back until it is opened, or until who waits is cancelled", async () => {
  const gate = new Gate();
  const stop = new AbortController();
  await gate.pass(stop.signal);
  gate.close();
  gate.close();
  let passed = false;
  const waiting = gate.pass(stop.signal).then(() => passed = true);
  const cancelled = gate.pass(AbortSignal.abort(new Error("before")));
  await assertRejects(() => cancelled, Error, "before");
  const later = new AbortController();
  const alsoCancelled = assertRejects(() => gate.pass(later.signal), Error, "while waiting");
  later.abort(new Error("while waiting"));
  await alsoCancelled;
  assertEquals([passed, gate.closed], [false, true]);
  gate.open();
  await waiting;
  assertEquals(gate.closed, false);
});
