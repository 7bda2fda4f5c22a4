import { assertEquals, assertMatch } from "@std/assert";
import { EXE } from "../../exe/program.ts";
import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "the program that reads its standard output ends",
  holds: "the agent goes on and ends in order",
  async agent(bench) {
    const { code } = await new Deno.Command("sh", {
      args: [
        "-c",
        '"$0" run --foreground --simulate --for 3s --home "$1" | head -n 1',
        EXE,
        `${bench.home}/other`,
      ],
      stdout: "null",
    }).output();
    assertEquals(code, 0);
    assertMatch(
      await Deno.readTextFile(`${bench.home}/other/logs/icinga-warden.log`),
      /The time given by --for is up: stopping\n(.*\n)*.*agent: Stopped\n$/,
    );
    await stopInOrder(bench);
  },
  prepare: (home) => Deno.mkdir(`${home}/other`),
});
