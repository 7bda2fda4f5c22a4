import { fault } from "../fault.ts";

export default fault({
  what: "it leaks buffers, which lie outside of the heap",
  holds: "it is warned of, then ended with the reason, and started again",
  entry: { memoryLimit: "64MB", frozenAfter: "3s" },
  async act(context) {
    const hoard: unknown[] = [];
    for (;;) {
      if (hoard.length < 100) hoard.push(new Uint8Array(1e6).fill(1));
      await context.sleep(10);
    }
  },
  logged: [/failed: it holds \d+MB and does not let go of it; its memoryLimit is 64MB/],
});
