import { fault } from "../fault.ts";

export default fault({
  what: "it waits on shared memory for 8 s in each of its first three runs, which holds its thread",
  holds: "its threads are given up, take nothing and end later; it is started again each time",
  windows: true,
  entry: { frozenAfter: "1s" },
  recovers: false,
  module: `export default {
    name: "faulty",
    description: "waits",
    async run(context) {
      const runs = context.state.map("Runs");
      const nth = (runs.get("count") ?? 0) + 1;
      runs.set("count", nth);
      context.log.info("up " + nth);
      await context.sleep(200);
      if (nth < 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8_000);
      await context.every(1_000, () => {});
    },
  };`,
  logged: [
    /faulty::run::Main::0: up 4$/m,
    /faulty::run::Main::0, which was given up, ended \d+ s later/,
  ],
  notLogged: [/is not started/],
});
