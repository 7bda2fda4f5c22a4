import { fault } from "../fault.ts";

export default fault({
  what: "it waits for ever on shared memory, which holds its whole thread",
  holds: "it is found frozen after frozenAfter, given up, and started again",
  entry: { frozenAfter: "2s" },
  act() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  logged: [
    /faulty::run::Main::0 is given up/,
    /failed: it is frozen: no heartbeat for 2 s; starting it again in/,
  ],
});
