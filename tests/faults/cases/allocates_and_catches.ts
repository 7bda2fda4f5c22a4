import { fault } from "../fault.ts";

export default fault({
  what: "it fills its heap in a tight loop and catches whatever is thrown",
  holds: "it alone ends, and is started again",
  entry: { memoryLimit: "64MB", frozenAfter: "60s" },
  act() {
    const hoard: unknown[] = [];
    for (;;) {
      try {
        hoard.push(new Array(1_000).fill(Math.random()));
      } catch {
        continue;
      }
    }
  },
  logged: [
    /failed: it (ran out of memory|takes the machine.s memory and does not answer|holds \d+MB and does not let go of it); its memoryLimit is 64MB; starting/,
  ],
});
