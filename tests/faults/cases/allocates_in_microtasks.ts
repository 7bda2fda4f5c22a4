import { fault } from "../fault.ts";

export default fault({
  what: "it fills its heap in an endless loop of awaits",
  holds: "it alone ends, at its heap's limit or since it sends no heartbeat, and is started again",
  entry: { memoryLimit: "64MB", frozenAfter: "2s" },
  async act() {
    const hoard: unknown[] = [];
    for (;;) {
      hoard.push(new Array(1_000).fill(Math.random()));
      await null;
    }
  },
  logged: [/failed: it (ran out of memory|takes the machine.s memory|holds \d+MB|is frozen)/],
});
