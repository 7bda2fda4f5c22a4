import { fault } from "../fault.ts";

export default fault({
  what: "it freezes, and has an onTerminate",
  holds: "onTerminate is run with the reason, in a thread of its own, before it is started again",
  windows: true,
  entry: { frozenAfter: "2s" },
  definition: `onTerminate(context, { thread, reason }) {
    context.log.info("after " + thread + ": " + reason);
  },`,
  act() {
    for (;;);
  },
  logged: [
    /faulty::onTerminate::Main::0: after faulty::run::Main::0: it is frozen: no heartbeat for 2 s/,
    /Thread faulty::onTerminate::Main::0 has finished/,
  ],
});
