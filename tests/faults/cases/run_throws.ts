import { fault } from "../fault.ts";

export default fault({
  what: "run throws an error",
  holds: "it is started again after the backoff, and the log says what was thrown",
  windows: true,
  act() {
    throw new Error("as it does");
  },
  logged: [/faulty::run::Main::0 failed: as it does \(faulty\.js:\d+:\d+\); starting it again in/],
});
