import { fault } from "../fault.ts";

export default fault({
  what: "a child thread of it spins",
  holds: "the child is found frozen and given up, and its parent sees the error",
  entry: { frozenAfter: "2s" },
  recovers: false,
  definition: `tasks: { spin() { for (;;); } },`,
  async act(context) {
    await context.thread("spin").result.catch((error) =>
      context.log.info(`seen: ${error.message}`)
    );
    await context.every(1_000, () => {});
  },
  logged: [
    /faulty::spin::Main::0 is given up/,
    /faulty::run::Main::0: seen: it is frozen: no heartbeat for 2 s/,
  ],
});
