import { assertEquals } from "@std/assert";
import { fault } from "../fault.ts";

export default fault({
  what: "the machine's clock jumps an hour ahead, and two hours back",
  holds:
    "no tick is missed and none comes early, since intervals run on the monotonic clock; one record says each jump",
  missing: whyNoCompiler,
  home: "clock", // LD_PRELOAD takes a space for the end of a name
  recovers: false,
  prepare: compileClock,
  env: (home) => ({ LD_PRELOAD: `${home}/clock.so`, CLOCK_OFFSET_FILE: `${home}/offset` }),
  act: (context) => context.every(100, () => context.log.info("still here")),
  logged: [/still here/],
  async also(bench) {
    for (const hours of [1, -1]) {
      const before = bench.output().length;
      await Deno.writeTextFile(`${bench.home}/offset`, `${hours * 3_600}`);
      const jumped = () => /still here\n(.*\n)*.*still here\n/.test(bench.output().slice(before));
      await bench.until("it ticks after the jump", jumped);
      const said = hours > 0
        ? /The clock was set forward by 1 h, /
        : /The clock was set back by 2 h: /;
      await bench.printed(said);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const hours = new Set(bench.output().match(/T\d\d(?=:\d\d:\d\d\.\d+Z)/g));
    assertEquals(hours.size >= 3, true, `the clock did not jump: ${[...hours]}`);
  },
  notLogged: [/failed/, /frozen/],
});

/** A library that goes before the system's own, and adds what a file says to the wall clock. */
async function compileClock(home: string): Promise<void> {
  await Deno.writeTextFile(`${home}/offset`, "0");
  const source = new URL("../clock.c", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("cc", {
    args: ["-shared", "-fPIC", "-O1", "-o", `${home}/clock.so`, source],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function whyNoCompiler(): string | undefined {
  try {
    return new Deno.Command("cc", { args: ["--version"] }).outputSync().success
      ? undefined
      : "cc fails";
  } catch {
    return "there is no C compiler (cc) to make a clock that jumps";
  }
}
