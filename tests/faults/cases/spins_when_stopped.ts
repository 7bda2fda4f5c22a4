import { fault } from "../fault.ts";

export default fault({
  what: "it spins when it is told to stop",
  holds: "it is given up after the grace of 5 s, and the agent stops in order",
  recovers: false,
  async act(context) {
    context.log.info("waits for the signal");
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    for (;;);
  },
  logged: [/waits for the signal/],
  atStop: [/faulty::run::Main::0 did not stop within 5 s; gave it up/],
});
