import { assertEquals, assertMatch } from "@std/assert";
import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "a second agent is started in the same home",
  holds: "it says which process has home, and exits with 1; the first goes on",
  windows: true,
  async agent(bench) {
    await bench.printed(/Started/);
    const { code, stderr } = await bench.again("run", "--foreground", "--simulate");
    assertEquals(code, 1);
    assertMatch(stderr, new RegExp(`in use by process ${bench.pid}, started .*; stop that one`));
    await stopInOrder(bench);
  },
});
