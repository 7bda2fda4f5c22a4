import { fault } from "../fault.ts";

export default fault({
  what: "run throws a text, which is no error",
  holds: "it is started again, and the text is in the log",
  act() {
    throw "plain text";
  },
  logged: [/failed: a thrown plain text, which is no Error/],
});
