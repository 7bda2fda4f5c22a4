import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "an error of the agent's own thread that nobody catches",
  holds: "it is logged with its reason before the exit with 1, and the next start says so",
  async agent(bench) {
    const home = `${bench.home}/other`;
    const log = () => Deno.readTextFileSync(`${home}/logs/icinga-warden.log`);
    const { code } = await run(home, true).status;
    assertEquals(code, 1);
    assertMatch(
      log(),
      /\[FATAL\] agent: The agent has failed: Error: on the main thread at .*throws_on_main/,
    );
    const next = run(home, false);
    const saysSo = /The last run .* did not stop cleanly: Error: on the main thread/;
    await bench.until("the next start says so", () => saysSo.test(log()))
      .finally(() => next.kill("SIGTERM"));
    await next.status;
    await stopInOrder(bench);
  },
  prepare: (home) => Deno.mkdir(`${home}/other`),
});

/** Another agent, from source: a program can be made to throw there. */
function run(home: string, fails: boolean): Deno.ChildProcess {
  const program = fileURLToPath(new URL("../throws_on_main.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, home, `${fails}`],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "null",
  }).spawn();
}
