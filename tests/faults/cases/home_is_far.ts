import { assertEquals, assertMatch } from "@std/assert";
import { fault } from "../fault.ts";

export default fault({
  what: "home lies on a path of more than 200 characters with spaces and umlauts",
  holds:
    "all works as on other paths: daemons load, fail, are started again, and the log is written",
  home: `ein sehr langer Pfad für ${"größere ".repeat(20)}Häuser`,
  act() {
    throw new Error("as it does");
  },
  logged: [/failed: as it does \(faulty\.js:\d+:\d+\)/],
  also(bench) {
    assertMatch(bench.log(), /failed: as it does \(faulty\.js:\d+:\d+\)/);
    assertEquals(bench.home.length > 200, true);
    return Promise.resolve();
  },
});
