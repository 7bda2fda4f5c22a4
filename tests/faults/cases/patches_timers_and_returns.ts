import { fault } from "../fault.ts";

export default fault({
  what: "it replaces the timers by what never fires, and then its run returns",
  holds: "its end is noticed all the same",
  recovers: false,
  act() {
    const never = () => 0;
    Object.assign(globalThis, { setTimeout: never, setInterval: never, queueMicrotask: never });
  },
  logged: [/Thread faulty::run::Main::0 has finished/],
});
