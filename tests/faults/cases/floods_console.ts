import { fault } from "../fault.ts";
import { residentMemory } from "../memory.ts";

/** The agent's memory may grow by so much in a flood, bytes; a thread's heap is a part of it. */
const MOST_GROWTH = 300e6;

export default fault({
  what: "it prints thousands of lines each millisecond, for 10 s",
  holds: "the log takes what is reasonable, memory does not grow with the flood, and it goes on",
  recovers: false,
  async act(context) {
    for (const end = context.now() + 10_000; context.now() < end;) {
      // deno-lint-ignore no-console
      for (let i = 0; i < 2_000; i++) console.log("printed", i);
      await context.sleep(1);
    }
    context.log.info("flooded");
    await context.every(200, () => context.log.info("goes on"));
  },
  async also(bench) {
    const before = residentMemory(bench.pid);
    let most = before;
    await bench.until("the flood is over, and what was dropped is counted", () => {
      most = Math.max(most, residentMemory(bench.pid));
      const output = bench.output();
      return / goes on$/m.test(output) && /Dropped \d{4,} log records/.test(output);
    });
    const grown = most - before;
    if (grown > MOST_GROWTH) throw new Error(`memory grew by ${Math.round(grown / 1e6)} MB`);
  },
});
