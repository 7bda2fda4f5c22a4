import { fault } from "../fault.ts";

export default fault({
  what: "its module fills the heap while it is loaded",
  holds: "it is not started, one line says so, and the others run",
  recovers: false,
  module: `const hoard = []; for (;;) hoard.push(new Array(1000).fill(Math.random()));`,
  logged: [/\[ERROR\] agent: .*faulty\.js: (it ran out of memory|did not load within 5 s)/],
});
