import { fault } from "../fault.ts";

export default fault({
  what: "its handler of the stop signal throws",
  holds: "the agent stops in order all the same",
  recovers: false,
  async act(context) {
    context.signal.addEventListener("abort", () => {
      throw new Error("in the abort handler");
    });
    context.log.info("waits for the end");
    await new Promise(() => {});
  },
  logged: [/waits for the end/],
});
