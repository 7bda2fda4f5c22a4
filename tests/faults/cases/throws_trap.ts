import { fault } from "../fault.ts";

export default fault({
  what: "run throws an object that throws when it is shown",
  holds: "it is started again",
  act() {
    const trap = () => {
      throw new Error("trapped");
    };
    throw new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap });
  },
  logged: [/faulty::run::Main::0 failed: .*; starting it again in/],
});
