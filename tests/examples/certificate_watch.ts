import { once } from "node:events";
import { connect } from "node:tls";
import { defineDaemon } from "icinga-warden/daemon";

const metrics = { end_timestamp: { type: "gauge", unit: "seconds", help: "Its end" } } as const;

export default defineDaemon({
  name: "certificate_watch",
  arguments: { host: { type: "string", description: "HOST or HOST:PORT that speaks TLS" } },
  permissions: { net: ["{host}"] },
  maps: { Certificates: { description: "By host: end_timestamp, Unix time", metrics } },
  run({ arguments: { host }, state, report, every, timeout }) {
    return every("1h", async () => {
      const [name, port = "443"] = host.split(":");
      const socket = connect({ host: name!, port: Number(port), rejectUnauthorized: false });
      await timeout("10s", () => once(socket, "secureConnect"));
      const end = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      const days = Math.floor((end - Date.now()) / 86_400_000);
      state.map("Certificates").set(host, { end_timestamp: end / 1000 });
      report(days < 21 ? "warning" : "ok", `${host} ends in ${days} days`, { days });
    });
  },
});
