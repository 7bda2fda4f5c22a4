import { fault } from "../fault.ts";

export default fault({
  what: "a worker that it made by itself fills its heap in a tight loop",
  holds: "that worker ends, and its end is a failure of this thread alone",
  entry: { memoryLimit: "64MB", frozenAfter: "60s" },
  async act() {
    const code = "const hoard = []; for (;;) hoard.push(new Array(1000).fill(Math.random()));";
    new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
    await new Promise(() => {});
  },
  logged: [/faulty::run::Main::0 failed: /],
});
