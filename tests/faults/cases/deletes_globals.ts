import { fault } from "../fault.ts";

export default fault({
  what: "it deletes its globals and freezes Object.prototype",
  holds: "it fails and is started again, and no other thread is affected",
  act() {
    for (const name of ["onmessage", "onerror", "addEventListener", "console", "Deno", "self"]) {
      Reflect.deleteProperty(globalThis, name);
    }
    Object.freeze(Object.prototype);
    throw new Error("with everything deleted");
  },
  logged: [/failed: with everything deleted \(faulty\.js:\d+:\d+\); starting it again in/],
});
