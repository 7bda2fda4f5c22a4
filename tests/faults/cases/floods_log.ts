import { fault } from "../fault.ts";

export default fault({
  what: "it logs as fast as it can",
  holds: "the log takes what is reasonable, and one record says how many were dropped",
  windows: true,
  recovers: false,
  async act(context) {
    for (let i = 0; i < 200_000; i++) {
      context.log.info(`record ${i}`);
      if (i % 1_000 === 0) await context.sleep(1);
    }
    await context.every(200, () => context.log.info("quiet again"));
  },
  logged: [/Dropped \d{4,} log records: more than 50 a second/, /quiet again/],
  also: (bench) => {
    const records = bench.output().match(/: record \d+$/gm)?.length ?? 0;
    if (records > 3_000) throw new Error(`${records} records of the flood were logged`);
    return Promise.resolve();
  },
});
