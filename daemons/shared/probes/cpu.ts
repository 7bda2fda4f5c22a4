import type { ArgumentSpec } from "icinga-warden/daemon";
import { commonArguments, type Probe, unknown } from "./probe.ts";

/** Whether the processes of the service keep processors busy. Without a limit the value is only shown. */
export const cpu: Probe<{ readonly limit: ArgumentSpec & { type: "number" } }> = {
  name: "cpu",
  arguments: {
    ...commonArguments({ failAfter: "15m" }),
    limit: {
      type: "number",
      default: 0,
      min: 0,
      max: 100_000,
      description: "Percent of one processor; with more it fails; 0: never",
    },
  },
  permissions: {},
  probe(sample, { limit }) {
    const { tree } = sample;
    if (!tree) return unknown(sample, "tree");
    const used = tree.cpu;
    if (used === undefined) {
      return { is: "unknown", text: "the load is known after the second sample" };
    }
    const text = `the service's processes take ${used} % of a processor`;
    if (limit === 0 || used <= limit) return { is: "ok", text };
    return { is: "warning", text, advice: "look at its log; a restart may help" };
  },
};
