import { fault } from "../fault.ts";

export default fault({
  what: "run throws, again and again",
  holds:
    "after 6 failures in a row it is left alone for failedRetry, with an error that says why, and then tried again",
  entry: { failedRetry: "2s" },
  recovers: false,
  module:
    `export default { name: "faulty", description: "throws", run() { throw new Error("always"); } };`,
  logged: [
    /failed: always \(faulty\.js:\d+:\d+\); it failed 6 times in a row and is left alone for 2 s/,
    /failed: always \(faulty\.js:\d+:\d+\); it failed 7 times in a row and is left alone for 2 s/,
  ],
});
