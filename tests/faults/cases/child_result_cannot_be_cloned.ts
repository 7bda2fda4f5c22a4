import { fault } from "../fault.ts";

export default fault({
  what: "a child thread of it returns a function",
  holds: "its parent sees an error that says so",
  recovers: false,
  definition: `tasks: { odd() { return () => {}; } },`,
  async act(context) {
    await context.thread("odd").result.catch((error) => context.log.info(`seen: ${error.message}`));
    await context.every(1_000, () => {});
  },
  logged: [/faulty::run::Main::0: seen: its result cannot be passed on/],
});
