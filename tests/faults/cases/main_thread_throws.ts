import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "an error of the agent's own thread that nobody catches",
  holds: "it is logged with its reason before the exit with 1, and the next start says so",
  async agent(bench) {
    const home = `${bench.home}/other`;
    const run = (fails: boolean) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          fileURLToPath(new URL("../throws_on_main.ts", import.meta.url)),
          home,
          `${fails}`,
        ],
        env: { NO_COLOR: "1" },
      }).output();
    const { code } = await run(true);
    assertEquals(code, 1);
    await run(false);
    const log = await Deno.readTextFile(`${home}/logs/icinga-warden.log`);
    assertMatch(
      log,
      /\[FATAL\] agent: The agent breaks off: Error: on the main thread at .*throws_on_main/,
    );
    assertMatch(log, /The last run .* ended badly: Error: on the main thread/);
    await stopInOrder(bench);
  },
  prepare: (home) => Deno.mkdir(`${home}/other`),
});
