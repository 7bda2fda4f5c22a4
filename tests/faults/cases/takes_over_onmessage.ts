import { fault } from "../fault.ts";

export default fault({
  what: "it takes self.onmessage and self.onerror for itself",
  holds: "it still hears that it is to stop",
  recovers: false,
  async act(context) {
    self.onmessage = () => {};
    self.onerror = () => {};
    context.log.info("took over");
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    context.log.info("heard the signal");
  },
  logged: [/took over/],
  atStop: [/heard the signal/],
});
