import { fault } from "../fault.ts";

export default fault({
  what: "it writes to its maps as fast as it can, over many turns, and a reader looks on",
  holds:
    "the writes travel together, the last value of each key arrives, and one record says how many were held back",
  windows: true,
  recovers: false,
  async act(context) {
    const map = context.state.map("Flood");
    const { setImmediate } = await import("node:timers");
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const start = context.now();
    // However slow the machine is: 150 messages more than a burst of 500, and 100 a second, may travel.
    const isFlooded = (turns: number, ms: number) => turns > 650 + ms / 10;
    for (let turns = 0; !isFlooded(turns, context.now() - start); turns++) {
      for (let i = 0; i < 100; i++) map.set(`key ${i % 50}`, Math.random());
      await turn();
    }
    map.set("key 0", "last");
    await context.every(1_000, () => {});
  },
  daemons: {
    reader: `async run(context) {
      const map = context.state.of("faulty", "Flood");
      while (map.get("key 0") !== "last") await context.sleep(50);
      context.log.info("read the last of " + map.size);
    },`,
  },
  logged: [
    /reader::run::Main::0: read the last of 50/,
    /\[WARNING\] faulty::run::Main::0: Held back \d{3,} messages of the public state/,
  ],
  also: (bench) => {
    const records = bench.output().match(/Held back/g)?.length ?? 0;
    if (records > 1) throw new Error(`${records} records about one flood`);
    return Promise.resolve();
  },
});
