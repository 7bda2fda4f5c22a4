import { fault } from "../fault.ts";

export default fault({
  what: "it awaits nothing without end, so that no timer has its turn",
  holds: "it is found frozen after frozenAfter, given up, and started again",
  entry: { frozenAfter: "2s" },
  async act() {
    for (;;) await null;
  },
  logged: [
    /faulty::run::Main::0 is given up/,
    /failed: it is frozen: no heartbeat for 2 s; starting it again in/,
  ],
});
