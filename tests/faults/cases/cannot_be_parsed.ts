import { fault } from "../fault.ts";

export default fault({
  what: "its module has a syntax error",
  holds: "it is not started, one line says where, and the others run",
  recovers: false,
  module: `export default { name: "faulty" run() {} };`,
  logged: [/\[ERROR\] agent: .*faulty\.js:1:\d+/],
});
