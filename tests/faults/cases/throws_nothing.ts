import { fault } from "../fault.ts";

export default fault({
  what: "run throws undefined",
  holds: "it is started again, and the log says so",
  act() {
    throw undefined;
  },
  logged: [/failed: a thrown undefined, which is no Error/],
});
