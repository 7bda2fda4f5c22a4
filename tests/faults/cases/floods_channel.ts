import { fault } from "../fault.ts";

export default fault({
  what: "it posts garbage on the state's channel as fast as it can",
  holds: "every thread ignores it, and the log says so without being flooded",
  recovers: false,
  async act(context) {
    const channel = new BroadcastChannel("icinga-warden.state");
    for (let i = 0; i < 100; i++) {
      for (let n = 0; n < 50; n++) channel.postMessage({ garbage: n });
      await context.sleep(5);
    }
    channel.close();
    context.log.info("flooded");
    await context.every(1_000, () => {});
  },
  logged: [/faulty::run::Main::0: flooded/],
  also: (bench) => {
    const records = bench.output().match(/public state ignored/gi)?.length ?? 0;
    if (records > 1_000) throw new Error(`${records} records about it`);
    return Promise.resolve();
  },
});
