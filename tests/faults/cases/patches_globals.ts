import { fault } from "../fault.ts";

export default fault({
  what: "it replaces timers, promises' methods, JSON and postMessage by what throws",
  holds: "it fails and is started again, and no other thread is affected",
  windows: true,
  act() {
    const trap = () => {
      throw new Error("patched");
    };
    const everything = globalThis as unknown as Record<string, unknown>;
    for (const name of ["setTimeout", "setInterval", "clearTimeout", "postMessage"]) {
      everything[name] = trap;
    }
    JSON.stringify = trap;
    Promise.race = trap;
    Array.prototype.map = trap;
    Map.prototype.get = trap;
    Deno.inspect = trap;
    throw new Error("with everything patched");
  },
  logged: [/faulty::run::Main::0 failed: .*; starting it again in/],
});
