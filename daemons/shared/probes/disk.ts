import { formatBytes } from "../../../lib/base/mod.ts";
import type { ArgumentSpec } from "icinga-warden/daemon";
import { commonArguments, type Probe, unknown } from "./probe.ts";

type Size = ArgumentSpec & { type: "size" };

/** Whether the disk has room, and Icinga's log and replay log do not fill it: nothing rotates the log on Windows. */
export const disk: Probe<{ readonly free: Size; readonly log: Size }> = {
  name: "disk",
  arguments: {
    ...commonArguments(),
    free: { type: "size", default: "1GB", description: "Warns when less space is left" },
    log: { type: "size", default: "2GB", description: "Warns when a log is larger" },
  },
  permissions: {},
  probe(sample, { free, log }) {
    const { disk: found, dataDir } = sample;
    if (!found) return unknown(sample, "disk");
    const text = `${formatBytes(found.free)} are free below ${dataDir}, the log takes ${
      formatBytes(found.log)
    }, the replay log ${formatBytes(found.replay)}`;
    if (found.free < free) return { is: "warning", text, advice: "free some space" };
    if (found.log <= log && found.replay <= log) return { is: "ok", text };
    const advice = found.log > log
      ? "stop the service, move icinga2.log away, start it; is the debuglog feature on?"
      : "find out why the parents do not accept it; log_duration limits it";
    return { is: "warning", text, advice };
  },
};
