import { fault } from "../fault.ts";

export default fault({
  what: "it makes a Web Worker by itself",
  holds: "that is refused in one line, which says how threads are started",
  act() {
    new Worker("data:text/javascript,for (;;);", { type: "module" });
  },
  logged: [
    /failed: Worker is not available in a daemon: context\.thread starts threads \(faulty\.js:\d+:\d+\); starting/,
  ],
});
