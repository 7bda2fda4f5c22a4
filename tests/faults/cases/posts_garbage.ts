import { fault } from "../fault.ts";

export default fault({
  what: "it posts garbage to its parent, and on the state's channel",
  holds: "both are ignored, and the daemon goes on",
  windows: true,
  recovers: false,
  async act(context) {
    const garbage = [
      ...[null, 7, "x", [], {}, new Map()],
      { type: "log" },
      { type: "log", level: 1, time: {} },
      { type: "start-child" },
      { type: "stop-child", id: {} },
      { type: "running", hasHook: [] },
    ];
    const channel = new BroadcastChannel("icinga-warden.state");
    for (const data of garbage) {
      self.postMessage(data);
      channel.postMessage(data);
    }
    await context.sleep(100);
    context.log.info("goes on");
    await context.every(1_000, () => {});
  },
  logged: [/faulty::run::Main::0: goes on/],
  notLogged: [/faulty::run::Main::0 failed/],
});
