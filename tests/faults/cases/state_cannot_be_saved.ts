import { fault } from "../fault.ts";

export default fault({
  what: "state.json cannot be written: there is a folder in its place",
  holds: "it is said, not with each write, and the agent and its daemons go on",
  recovers: false,
  definition: `maps: { Kept: { description: "is saved", persistent: true } },`,
  prepare: (home) => Deno.mkdir(`${home}/state.json`),
  async act(context) {
    let n = 0;
    await context.every(50, () => {
      context.state.map("Kept").set("n", ++n);
      if (n === 40) context.log.info("wrote 40 times");
    });
  },
  logged: [/state\.json/, /wrote 40 times/],
  also: (bench) => {
    const records = bench.output().match(/state\.json/g)?.length ?? 0;
    if (records > 3) throw new Error(`${records} records about state.json`);
    return Promise.resolve();
  },
});
