import { fault } from "../fault.ts";

export default fault({
  what: "it prints as fast as it can, in one go",
  holds: "the log takes what is reasonable, and the daemon goes on",
  recovers: false,
  act(context) {
    // deno-lint-ignore no-console
    for (let i = 0; i < 100_000; i++) console.log("printed", i);
    return context.every(200, () => context.log.info("goes on"));
  },
  logged: [/Dropped \d{4,} log records/, /goes on/],
});
