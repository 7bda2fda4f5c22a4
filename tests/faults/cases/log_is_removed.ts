import { fault } from "../fault.ts";

export default fault({
  what: "the log's folder is removed while it runs",
  holds: "it is made anew within a second or so, and the agent goes on",
  recovers: false,
  act: (context) => context.every(100, () => context.log.info("still here")),
  logged: [/still here/],
  async also(bench) {
    await Deno.remove(`${bench.home}/logs`, { recursive: true });
    await bench.until("the log is there again", () => bench.log().includes("still here"));
  },
});
