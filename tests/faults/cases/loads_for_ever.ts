import { fault } from "../fault.ts";

export default fault({
  what: "its module has an endless loop at its top",
  holds: "it is not started, one line says so, and the others run",
  recovers: false,
  module: `for (;;);`,
  logged: [/\[ERROR\] agent: .*faulty\.js: did not load within 5 s/],
});
