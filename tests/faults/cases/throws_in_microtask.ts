import { fault } from "../fault.ts";

export default fault({
  what: "a microtask of it throws",
  holds: "the error is a failure of this thread alone",
  async act() {
    queueMicrotask(() => {
      throw new Error("in a microtask");
    });
    await new Promise(() => {});
  },
  logged: [/failed: in a microtask \(faulty\.js:\d+:\d+\); starting it again in/],
});
