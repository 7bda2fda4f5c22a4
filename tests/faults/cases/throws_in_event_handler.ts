import { fault } from "../fault.ts";

export default fault({
  what: "an event handler of it throws",
  holds: "the error is a failure of this thread alone",
  async act() {
    const target = new EventTarget();
    target.addEventListener("event", () => {
      throw new Error("in a handler");
    });
    target.dispatchEvent(new Event("event"));
    await new Promise(() => {});
  },
  logged: [/failed: in a handler \(faulty\.js:\d+:\d+\); starting it again in/],
});
