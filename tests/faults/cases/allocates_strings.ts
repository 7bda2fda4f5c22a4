import { fault } from "../fault.ts";

export default fault({
  what: "it fills its heap with strings in a tight loop",
  holds: "it alone ends, the log says that it took too much memory, and it is started again",
  entry: { memoryLimit: "64MB", frozenAfter: "60s" },
  act() {
    const hoard: string[] = [];
    for (let i = 0;; i++) hoard.push(`${i}`.repeat(1_000).split("").join("-"));
  },
  logged: [
    /failed: it (ran out of memory|takes the machine.s memory and does not answer|holds \d+MB and does not let go of it); its memoryLimit is 64MB; starting/,
  ],
});
