import { fault } from "../fault.ts";

export default fault({
  what: "a promise of it rejects, and nothing handles that",
  holds: "the rejection is a failure of this thread alone",
  async act() {
    void Promise.reject(new Error("nobody looks"));
    await new Promise(() => {});
  },
  logged: [/failed: nobody looks \(faulty\.js:\d+:\d+\); starting it again in/],
});
