import { fault } from "../fault.ts";

export default fault({
  what: "it ignores the stop signal",
  holds: "it is ended after the grace of 5 s, its onTerminate is run, and the agent stops in order",
  windows: true,
  recovers: false,
  definition: `onTerminate(context, { reason }) {
    context.log.info("cleaned up since " + reason);
  },`,
  async act(context) {
    context.log.info("stays");
    await new Promise(() => {});
  },
  logged: [/faulty::run::Main::0: stays/],
  atStop: [
    /faulty::run::Main::0 did not stop within 5 s; terminated it/,
    /cleaned up since it did not stop within 5 s/,
  ],
});
