import { formatSpan } from "../../../lib/base/mod.ts";
import type { ArgumentSpec } from "icinga-warden/daemon";
import { CLOCKS, commonArguments, type Probe, unknown } from "./probe.ts";

/** Whether the certificate of the node is good for some time, and the list of revoked ones is not out of date. */
export const certificate: Probe<{ readonly limit: ArgumentSpec & { type: "duration" } }> = {
  name: "certificate",
  arguments: {
    ...commonArguments(),
    limit: { type: "duration", default: "14d", description: "Warns when less time is left" },
  },
  permissions: {},
  probe(sample, { limit }, now) {
    const { certificate: own, crl } = sample;
    if (!own) return unknown(sample, "certificate");
    const left = Date.parse(own.ends) - now;
    const renew =
      "restart the service while its parents are reachable: it asks for a new one at its start";
    if (own.fault) {
      const known = own.mend !== undefined && { advice: own.mend };
      return { is: "critical", text: `${own.file}: ${own.fault}`, ...known };
    }
    if (own.begins !== undefined) {
      return { is: "critical", text: `${own.file} is valid from ${own.begins} on`, advice: CLOCKS };
    }
    if (left <= 0) {
      return { is: "critical", text: `${own.file} expired ${own.ends}`, advice: renew };
    }
    if (own.isLoaded === false) {
      return {
        is: "warning",
        text: `${own.file} was renewed ${own.modified}, and Icinga 2 still uses the one before`,
        advice: "restart the service: it reads the file at its start",
      };
    }
    const text = `${own.file} ends in ${formatSpan(left / 1000)}`;
    if (left < limit) return { is: "warning", text, advice: renew };
    if (crl && Date.parse(crl.due) <= now) {
      const advice =
        "fetch a new list, and restart the service: it reads the list at its start alone";
      return { is: "warning", text: `${crl.file} was to be renewed ${crl.due}`, advice };
    }
    return { is: "ok", text };
  },
};
