import { fault } from "../fault.ts";

export default fault({
  what: "it sends its own writes on once more, as writes to another daemon's map",
  holds: "every copy refuses them, and the log says so",
  recovers: false,
  async act(context) {
    const channel = new BroadcastChannel("icinga-warden.state");
    channel.onmessage = ({ data: [type, from, , counter, ...rows] }) => {
      const text = JSON.stringify(rows);
      if (type !== "writes" || !text.includes('"forged"')) return;
      const others = JSON.parse(text.replaceAll("Daemons.faulty.", "Daemons.healthy_one."));
      channel.postMessage([type, from, counter, counter + 1, ...others]);
    };
    const map = context.state.map("Map");
    await context.every(50, () => {
      map.set("value", "forged");
      const read = context.state.of("healthy_one", "Map").get("value");
      context.log.info(`healthy_one holds ${read}`);
    });
  },
  logged: [
    /The public state ignored a forged message: .*faulty::.* may not write Daemons\.healthy_one/,
    /healthy_one holds undefined(.|\n)*healthy_one holds undefined/,
  ],
  notLogged: [/healthy_one holds forged/],
});
