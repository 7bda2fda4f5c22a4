import { assertEquals } from "@std/assert";
import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "the agent is killed",
  holds: "the next one can have home, and says how the last one ended",
  windows: true,
  async agent(bench) {
    await bench.printed(/healthy_two::run::Main::0: ticking/);
    await bench.kill();
    await bench.restart();
    await bench.printed(
      /The last run \(process \d+, started .*\) did not stop cleanly: it was killed, or the machine went down/,
    );
    await stopInOrder(bench);
    await bench.restart();
    await bench.until("the third run", () => bench.output().match(/Started/g)?.length === 3);
    const output = await stopInOrder(bench);
    assertEquals(output.match(/did not stop cleanly/g)?.length, 1);
  },
});
