import { formatBytes, formatSpan } from "../../../lib/base/mod.ts";
import { STATE_LATE } from "../../../lib/icinga/settings.ts";
import {
  commonArguments,
  ofForeign,
  portEvidence,
  type Probe,
  type ProbeVerdict,
  unknown,
} from "./probe.ts";

/** With less free space the state file may find no room, bytes. */
const ROOM = 64 * 1024 ** 2;

/**
 * Whether Icinga 2 still writes its state file: one that hangs does not, and is RUNNING all the same. One that would
 * write it and cannot works, and a restart could end it for good: on a full disk, or while a program holds the file.
 */
export const heartbeatFile: Probe = {
  name: "heartbeat_file",
  arguments: commonArguments({ action: "restart-once", failAfter: "15m", settle: "15m" }),
  permissions: {},
  probe(sample) {
    const { stateFile } = sample;
    if (!stateFile) return unknown(sample, "stateFile");
    const foreign = ofForeign(sample);
    if (foreign) return foreign;
    const { unchanged, modified, tried } = stateFile;
    if (unchanged < STATE_LATE) return { is: "ok", text: `icinga2.state was written ${modified}` };
    const failed = (why: string, advice: string): ProbeVerdict => ({
      is: "critical",
      text: `icinga2.state was not written for ${formatSpan(unchanged)}${why}`,
      advice,
      lasted: unchanged * 1000,
    });
    const { disk } = sample;
    const cannot = tried !== undefined
      ? `, though Icinga 2 tries to: "${tried}"`
      : disk && disk.free < ROOM
      ? `, and the disk is full: ${formatBytes(disk.free)} are free`
      : undefined;
    return cannot === undefined
      ? failed(`: Icinga 2 hangs${portEvidence(sample)}`, "restart the service")
      : {
        ...failed(cannot, "free some space, and look for a program that holds the file"),
        tellOnly: true,
      };
  },
};
