import { fault } from "../fault.ts";

export default fault({
  what: "its module throws while it is loaded",
  holds: "it is not started, one line says where and why, and the others run",
  windows: true,
  recovers: false,
  module: `throw new Error("at the top");`,
  logged: [/\[ERROR\] agent: .*faulty\.js.*at the top/],
});
