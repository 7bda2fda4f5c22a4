import { formatSpan } from "../../../lib/base/mod.ts";
import { commonArguments, ofForeign, portEvidence, type Probe, unknown } from "./probe.ts";

/** Icinga writes its state every 300 s. When the file is older than this, it is late, s. */
const LATE = 360;

/** Whether Icinga 2 still writes its state file: one that hangs does not, and is RUNNING all the same. */
export const heartbeatFile: Probe = {
  name: "heartbeat_file",
  arguments: commonArguments({ action: "restart-once", failAfter: "15m", settle: "15m" }),
  permissions: {},
  probe(sample) {
    const { stateFile } = sample;
    if (!stateFile) return unknown(sample, "stateFile");
    const foreign = ofForeign(sample);
    if (foreign) return foreign;
    const { unchanged, modified } = stateFile;
    if (unchanged < LATE) return { is: "ok", text: `icinga2.state was written ${modified}` };
    return {
      is: "critical",
      text: `icinga2.state was not written for ${formatSpan(unchanged)}: Icinga 2 hangs${
        portEvidence(sample)
      }`,
      advice: "restart the service",
      lasted: unchanged * 1000,
    };
  },
};
