import { assert, assertEquals } from "@std/assert";
import { MainState } from "../../lib/state/mod.ts";

Deno.test("a daemon that replaces what can be replaced sees neither the state's channel nor its name", async () => {
  const state = new MainState({ thread: "main" });
  const { port1, port2 } = new MessageChannel();
  state.connect(port1, "attacker");
  const worker = new Worker(import.meta.resolve("./channel_worker.ts"), { type: "module" });
  const writing = setInterval(() => state.map("M").increment("main"), 10);
  try {
    const answer = Promise.withResolvers<Record<string, unknown>>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      answer.reject(new Error(event.message));
    };
    worker.postMessage(port2, [port2]);
    const { found, replaced, calls, traces, heard } = await answer.promise;
    assertEquals(found, "");
    assert(replaced as number > 1_000, `${replaced} functions were replaced`);
    assert(calls as number > 1_000, `${calls} calls were seen`);
    assert(traces as number > 1_000, `${traces} calls on stacks were seen`);
    assert(heard as number > 10, `${heard} increments were heard`);
    assertEquals(state.map("M").get("n"), 40);
  } finally {
    clearInterval(writing);
    worker.terminate();
    state.close();
  }
});
