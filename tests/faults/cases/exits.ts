import { fault } from "../fault.ts";

export default fault({
  what: "it calls Deno.exit(), which tells its parent nothing",
  holds: "it is noticed at once and started again, and the agent goes on",
  windows: true,
  async act() {
    Deno.exit(3);
    await new Promise(() => {});
  },
  logged: [/failed: it called Deno\.exit\(3\); starting it again in/],
});
