import { fault } from "../fault.ts";

export default fault({
  what: "a child thread of it throws",
  holds: "its parent sees the error, and no thread is started again for it",
  recovers: false,
  definition: `tasks: { fail() { throw new Error("in the child"); } },`,
  async act(context) {
    await context.thread("fail").result.catch((error) =>
      context.log.info(`seen: ${error.message}`)
    );
    await context.every(1_000, () => {});
  },
  logged: [
    /Thread faulty::fail::Main::0 failed: in the child \(faulty\.js:\d+:\d+\); it is not started again/,
    /faulty::run::Main::0: seen: in the child/,
  ],
});
