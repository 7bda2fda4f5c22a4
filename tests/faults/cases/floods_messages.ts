import { fault } from "../fault.ts";

export default fault({
  what: "it asks the agent to stop a child thread as fast as it can",
  holds: "it is ended for that, and started again",
  windows: true,
  async act(context) {
    const child = context.thread("none");
    for (;;) {
      for (let i = 0; i < 1_000; i++) child.stop();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  logged: [/failed: it floods the agent: more than 5000 messages a second; starting it again in/],
});
