import { fault } from "../fault.ts";

export default fault({
  what: "it sets a function as a value of its map",
  holds: "the write fails with the key's name, and the thread with it",
  act(context) {
    context.state.map("Any").set("key", () => {});
  },
  logged: [/failed: .*Daemons\.faulty\.Any.*; starting it again in/],
});
