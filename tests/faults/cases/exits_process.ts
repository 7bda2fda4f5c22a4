import { fault } from "../fault.ts";

export default fault({
  what: "it calls process.exit()",
  holds: "it is noticed at once and started again, and the agent goes on",
  act() {
    Reflect.get(globalThis, "process").exit(4);
  },
  logged: [/failed: it called Deno\.exit\(4\); starting it again in/],
});
