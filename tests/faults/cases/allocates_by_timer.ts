import { fault } from "../fault.ts";

export default fault({
  what: "it fills its heap bit by bit, and waits by timers that the agent knows nothing of",
  holds: "it alone ends, the log says that it took too much memory, and it is started again",
  entry: { memoryLimit: "64MB", frozenAfter: "60s" },
  async act() {
    const hoard: unknown[] = [];
    for (;;) {
      hoard.push(new Array(100_000).fill(Math.random()));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  logged: [
    /failed: it (ran out of memory|holds \d+MB and does not let go of it); its memoryLimit is 64MB; starting/,
  ],
});
