import { fault } from "../fault.ts";

export default fault({
  what: "it calls itself without end",
  holds: "the stack's overflow is a failure of this thread alone",
  act() {
    const deeper = (): number => deeper() + 1;
    deeper();
  },
  logged: [
    /failed: RangeError: Maximum call stack size exceeded \(faulty\.js:\d+:\d+\); starting it again in/,
  ],
});
