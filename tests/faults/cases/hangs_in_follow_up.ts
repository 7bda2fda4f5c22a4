import { fault } from "../fault.ts";

export default fault({
  what: "it freezes, and so does its onTerminate",
  holds: "onTerminate is given up as well, and the daemon is started again",
  entry: { frozenAfter: "2s" },
  definition: `onTerminate() {
    for (;;);
  },`,
  act() {
    for (;;);
  },
  logged: [
    /faulty::onTerminate::Main::0 is given up/,
    /faulty::onTerminate::Main::0 (took longer than 5 s; gave it up|failed: it is frozen)/,
  ],
});
