import { fault } from "../fault.ts";

export default fault({
  what: "none of three levels of child threads ends when it is told to stop, and onTerminate hangs",
  holds: "all are told at once; after 11 s the agent goes on without them and stops in order",
  recovers: false,
  definition: `tasks: {
    one(context) {
      context.thread("two");
      return new Promise(() => {});
    },
    two(context) {
      context.thread("three");
      return new Promise(() => {});
    },
    async three(context) {
      context.log.info("all run");
      await context.sleep(1e9).catch(() => {});
      for (;;);
    },
  },
  onTerminate: () => new Promise(() => {}),`,
  async act(context) {
    context.thread("one");
    await new Promise(() => {});
  },
  logged: [/faulty::three::Main::0: all run/],
  atStop: [
    /(faulty::(run|one|two|three)::Main::0 did not stop within 5 s[^]*){4}Not ended 11 s after/,
    /Not ended 11 s after the stop, which goes on without: .*faulty::three::Main::0/,
  ],
});
