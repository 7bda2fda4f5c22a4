import { assertEquals, assertMatch } from "@std/assert";
import { fault } from "../fault.ts";

export default fault({
  what: "the agent is told to stop while it starts",
  holds: "it ends in order",
  async agent(bench) {
    await bench.printed(/Started/);
    bench.signal("SIGTERM");
    const { code } = await bench.ended();
    assertEquals(code, 0);
    assertMatch(bench.output(), /agent: Stopped\n$/);
  },
});
