import { fault } from "../fault.ts";

export default fault({
  what: "it spins in an endless loop",
  holds: "it is found frozen after frozenAfter, given up, and started again",
  windows: true,
  entry: { frozenAfter: "2s" },
  act() {
    for (;;);
  },
  logged: [
    /faulty::run::Main::0 is given up/,
    /failed: it is frozen: no heartbeat for 2 s; starting it again in/,
  ],
});
