import { assertEquals } from "@std/assert";
import { fault } from "../fault.ts";

const NOT_STARTED = /is not started: \d+ threads of this daemon that cannot be ended go on/g;

export default fault({
  what: "it spins in an endless loop in each of its runs",
  holds:
    "with three of its threads given up it is not started again, an error says why, and the others go on",
  windows: true,
  entry: { frozenAfter: "1s", failedRetry: "1s" },
  recovers: false,
  module: `export default { name: "faulty", description: "spins", run() { for (;;); } };`,
  async also(bench) {
    const count = (pattern: RegExp) => bench.output().match(pattern)?.length ?? 0;
    await bench.until("it was looked at again", () => count(NOT_STARTED) > 2);
    assertEquals(count(/is given up/g), 3, "threads that spin");
  },
});
