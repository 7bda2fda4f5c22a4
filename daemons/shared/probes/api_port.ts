import { commonArguments, type Probe, unknown } from "./probe.ts";

/** Whether Icinga 2 answers on its own port, with a certificate that its CA has signed. */
export const apiPort: Probe = {
  name: "api_port",
  arguments: commonArguments({ failAfter: "90s" }),
  permissions: {},
  probe(sample) {
    const { port } = sample;
    if (!port) return unknown(sample, "port");
    const text = `port ${port.port}: ${port.text}`;
    if (port.is === "good") return { is: "ok", text };
    const advice = port.is === "certificate"
      ? "have the node's certificate signed or renewed"
      : "look at the log for why the port was not opened, and for another process that holds it";
    return { is: "warning", text, advice };
  },
};
