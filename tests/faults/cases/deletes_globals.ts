import { fault } from "../fault.ts";

export default fault({
  what: "it deletes its globals and freezes Object.prototype",
  holds: "its realm is its own: it fails, is started again, and nobody else notices",
  act() {
    for (const name of ["onmessage", "onerror", "addEventListener", "console", "Deno", "self"]) {
      Reflect.deleteProperty(globalThis, name);
    }
    Object.freeze(Object.prototype);
    throw new Error("with everything deleted");
  },
  logged: [/failed: with everything deleted \(faulty\.js:\d+:\d+\); starting it again in/],
});
