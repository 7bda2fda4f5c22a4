import { fault } from "../fault.ts";

export default fault({
  what: "it asks for 5,000 child threads",
  holds: "a thousand run or wait for their pool, the others are refused, and it goes on",
  recovers: false,
  definition: `tasks: { stay: (context) => context.every(50, () => {}) },`,
  pools: { Few: { max: 2 } },
  async act(context) {
    const children = Array.from({ length: 5_000 }, () => context.thread("stay", { pool: "Few" }));
    await children.at(-1)!.result.catch((error) => context.log.info(`refused: ${error.message}`));
    for (const child of children) child.stop();
    await Promise.allSettled(children.map((child) => child.result));
    context.log.info("all stopped");
    await context.every(1_000, () => {});
  },
  logged: [/refused: A daemon may have 1000 child threads at a time/, /all stopped/],
});
