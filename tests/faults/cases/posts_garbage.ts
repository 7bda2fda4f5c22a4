import { fault } from "../fault.ts";

export default fault({
  what: "it posts to its parent, and opens channels",
  holds: "each is refused, and the daemon goes on",
  windows: true,
  recovers: false,
  async act(context) {
    const tries = [
      () => self.postMessage({ type: "log" }),
      () => new BroadcastChannel("icinga-warden.state"),
      () => new MessageChannel(),
      () => URL.createObjectURL(new Blob(["x"])),
    ];
    for (const attempt of tries) {
      try {
        attempt();
        context.log.info("allowed");
      } catch (error) {
        context.log.info((error as Error).message);
      }
    }
    await context.every(1_000, () => {});
  },
  logged: [
    /postMessage is not available in a daemon/,
    /BroadcastChannel is not available in a daemon/,
    /MessageChannel is not available in a daemon/,
    /createObjectURL is not available in a daemon/,
  ],
  notLogged: [/faulty::run::Main::0 failed/, /: allowed$/m],
});
