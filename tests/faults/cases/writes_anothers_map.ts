import { fault } from "../fault.ts";

export default fault({
  what: "it tries to write another daemon's map",
  holds: "the write is refused, and the failure is this thread's",
  act(context) {
    context.state.of("healthy_one", "Map").set("key", 1);
  },
  logged: [/faulty::run::Main::0 failed: .*Daemons\.healthy_one\.Map/],
});
