import { fault } from "../fault.ts";

export default fault({
  what: "it leaks memory, a little at a time",
  holds: "it is warned of, then ended with the reason, and started again",
  windows: true,
  entry: { memoryLimit: "64MB", frozenAfter: "3s" },
  async act(context) {
    const hoard: unknown[] = [];
    for (;;) {
      if (hoard.length < 90) hoard.push(new Array(1e5).fill(hoard.length + 0.5));
      await context.sleep(10);
    }
  },
  logged: [
    /\[WARNING\] agent: Thread faulty::run::Main::0: it holds \d+MB; its memoryLimit is 64MB/,
    /failed: it holds \d+MB and does not let go of it; its memoryLimit is 64MB; starting it again in/,
  ],
});
