import { fault } from "../fault.ts";

export default fault({
  what: "it writes to its maps as fast as it can, and a reader in another daemon looks on",
  holds: "the last value of each key arrives, and nobody else is held up",
  recovers: false,
  async act(context) {
    const map = context.state.map("Flood");
    for (const end = context.now() + 2_000; context.now() < end;) {
      for (let i = 0; i < 1_000; i++) map.set(`key ${i % 50}`, Math.random());
      await context.sleep(1);
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
  logged: [/reader::run::Main::0: read the last of 50/],
});
