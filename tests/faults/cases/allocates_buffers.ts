import { fault } from "../fault.ts";

export default fault({
  what: "it fills the machine's memory with buffers in a tight loop, which no heap limit counts",
  holds:
    "it is recognized as the thread without a heartbeat while memory is used up, given up, and started again",
  entry: { memoryLimit: "64MB", frozenAfter: "60s" },
  act() {
    const hoard: unknown[] = [];
    for (;;) hoard.push(new Uint8Array(1e6).fill(1));
  },
  logged: [
    /faulty::run::Main::0 is given up/,
    /failed: it takes the machine's memory and does not answer/,
  ],
});
