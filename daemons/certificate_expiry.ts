import { X509Certificate } from "node:crypto";
import { defineDaemon, type VerdictNumber } from "icinga-warden/daemon";
import { errorMessage } from "../lib/base/mod.ts";
import { levelBelow, summarize } from "./shared/levels.ts";

const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i;

function checkHost(text: string): string | undefined {
  return HOST.test(text) ? undefined : "expected HOST or HOST:PORT";
}

/** When the certificate of a host ends, ms since the Unix epoch. */
async function endOfHost(host: string): Promise<number> {
  const { shownCertificate } = await import("../lib/icinga/handshake.ts");
  const [, name = "", port = "443"] = HOST.exec(host) ?? [];
  const hostname = name.replaceAll(/[[\]]/g, "");
  return (await shownCertificate({ hostname, port: Number(port) })).ends;
}

async function endOfFile(file: string): Promise<number> {
  const text = await Deno.readTextFile(file);
  try {
    return Date.parse(new X509Certificate(text).validTo);
  } catch {
    throw new Error("holds no certificate; expected one as PEM");
  }
}

const DAY = 86_400_000;

/** The daemon that warns before certificates of hosts, and in files, end. */
export default defineDaemon({
  name: "certificate_expiry",
  description: "Warns before certificates of hosts, and in files, end",
  arguments: {
    hosts: {
      type: "list",
      default: [],
      check: checkHost,
      description: "Hosts that speak TLS: HOST or HOST:PORT; the port's default is 443",
    },
    files: { type: "list", default: [], description: "Files with a certificate (PEM), absolute" },
    warning: {
      type: "duration",
      default: "21d",
      description: "An end that is nearer is a warning",
    },
    critical: { type: "duration", default: "7d", description: "An end that is nearer is critical" },
    interval: { type: "duration", default: "1h", min: "1s", description: "From look to look" },
  },
  permissions: { net: ["{hosts}"], read: ["{files}"] },
  maps: {
    Certificates: {
      description: "By host or file: end_timestamp, when its certificate ends, Unix time",
      metrics: {
        end_timestamp: {
          ...{ type: "gauge", unit: "seconds" },
          help: "When a certificate ends, Unix time",
        },
      },
    },
  },
  async run({ arguments: { hosts, files, warning, critical, interval }, ...context }) {
    if (hosts.length + files.length === 0) {
      throw new Error("Nothing to look at: add hosts or files");
    }
    const map = context.state.map("Certificates");
    const numbers: Record<string, VerdictNumber> = {};
    const look = async (name: string, find: (name: string) => Promise<number>) => {
      try {
        const end = await find(name);
        map.set(name, { end_timestamp: end / 1_000 });
        const days = (end - Date.now()) / DAY;
        const limits = { warning: `${warning / DAY}:`, critical: `${critical / DAY}:` };
        const label = name.replaceAll(/[^\w.:\\/ -]/g, "_").slice(-64);
        numbers[label] = { value: Math.floor(days), ...limits };
        const text = days < 0 ? "has ended" : `ends in ${Math.floor(days)} days`;
        return { level: levelBelow(days * DAY, warning, critical), text: `${name} ${text}` };
      } catch (error) {
        return { level: "unknown", text: `${name}: ${errorMessage(error)}` } as const;
      }
    };
    await context.every(interval, async () => {
      const looks = await Promise.all([
        ...hosts.map((host) => look(host, endOfHost)),
        ...files.map((file) => look(file, endOfFile)),
      ]);
      const { level, text } = summarize(looks);
      context.report(level, text, numbers, { ttl: 3 * interval });
    });
  },
});
