import { fault } from "../fault.ts";

export default fault({
  what: "it computes for a second, which is less than frozenAfter",
  holds: "it is left alone",
  entry: { frozenAfter: "10s" },
  recovers: false,
  act(context) {
    for (const end = context.now() + 1_000; context.now() < end;);
    context.log.info("done computing");
    return context.every(100, () => context.log.info("goes on"));
  },
  logged: [/done computing/, /goes on/],
  notLogged: [/frozen/, /failed/],
});
