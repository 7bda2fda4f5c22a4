import { formatBytes } from "../../../lib/base/mod.ts";
import type { ArgumentSpec } from "icinga-warden/daemon";
import { commonArguments, type Probe, unknown } from "./probe.ts";

/** Whether the processes of the service take more memory than they may. Without a limit the value is only shown. */
export const memory: Probe<{ readonly limit: ArgumentSpec & { type: "size" } }> = {
  name: "memory",
  arguments: {
    ...commonArguments({ failAfter: "5m" }),
    limit: { type: "size", default: "0B", description: "With more it fails; 0B: never" },
  },
  permissions: {},
  probe(sample, { limit }) {
    const { tree } = sample;
    if (!tree) return unknown(sample, "tree");
    const used = tree.memory;
    if (used === undefined) {
      return { is: "unknown", text: "the memory of the service's processes cannot be read" };
    }
    const text = `the service's processes take ${formatBytes(used)}`;
    if (limit === 0 || used <= limit) return { is: "ok", text };
    return { is: "warning", text: `${text} of memory`, advice: "restart the service" };
  },
};
