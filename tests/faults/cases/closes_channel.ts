import { fault } from "../fault.ts";

export default fault({
  what: "it closes the state's channel under its own feet",
  holds: "it alone loses what others write",
  recovers: false,
  async act(context) {
    const { postMessage } = BroadcastChannel.prototype;
    BroadcastChannel.prototype.postMessage = function (message) {
      this.close();
      return postMessage.call(this, message);
    };
    try {
      context.state.map("Any").set("key", 1);
      await context.sleep(100);
    } finally {
      context.log.info("closed");
    }
    await context.every(1_000, () => {});
  },
  logged: [/faulty::run::Main::0: closed/],
});
