import { fault } from "../fault.ts";

export default fault({
  what: "it closes its own thread",
  holds: "it is noticed at once and started again",
  async act() {
    self.close();
    await new Promise(() => {});
  },
  logged: [/failed: it closed its thread; starting it again in/],
});
