import { fault } from "../fault.ts";

export default fault({
  what: "a timer of it throws",
  holds: "the error is a failure of this thread alone",
  windows: true,
  async act() {
    setTimeout(() => {
      throw new Error("in a timer");
    }, 10);
    await new Promise(() => {});
  },
  logged: [/failed: in a timer \(faulty\.js:\d+:\d+\); starting it again in/],
});
