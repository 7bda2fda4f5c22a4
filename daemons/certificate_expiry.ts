import { X509Certificate } from "node:crypto";
import { win32 } from "node:path";
import { defineDaemon, type VerdictNumber } from "icinga-warden/daemon";
import { formatDuration, plainError } from "../lib/base/mod.ts";
import { checkLimits, levelBelow, summarize } from "./shared/levels.ts";

/** `HOST` or `HOST:PORT`, an IPv6 address in brackets; undefined when the text is neither. */
function parseHost(text: string): { hostname: string; port: number } | undefined {
  const [, name, digits = "443"] = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const port = Number(digits);
  if (name === undefined || port < 1 || port > 65_535) return undefined;
  return { hostname: name.replaceAll(/[[\]]/g, ""), port };
}

function checkHost(text: string): string | undefined {
  return parseHost(text) ? undefined : "expected HOST or HOST:PORT, the port from 1 to 65535";
}

/** A relative path would be none in home: the daemon reads it from the folder that the agent runs in. */
function checkFiles({ files }: { files: readonly string[] }) {
  const path = files.find((path) => !win32.isAbsolute(path));
  if (path === undefined) return undefined;
  return {
    warning: `'${path}' is relative; expected an absolute path, such as C:\\certs\\web.pem`,
  };
}

/** When the certificate of a host ends, ms since the Unix epoch. */
async function endOfHost(host: string): Promise<number> {
  const { shownCertificate } = await import("../lib/icinga/handshake.ts");
  return (await shownCertificate(parseHost(host)!)).ends;
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
      checkTogether: ({ hosts, files }: { hosts: readonly string[]; files: readonly string[] }) =>
        hosts.length + files.length > 0
          ? undefined
          : { warning: "add hosts or files: else none is looked at" },
      description: "Hosts that speak TLS: HOST or HOST:PORT; the port's default is 443",
    },
    files: {
      type: "list",
      default: [],
      checkTogether: checkFiles,
      description: "Files with a certificate (PEM), absolute",
    },
    warning: {
      type: "duration",
      default: "21d",
      description: "An end that is nearer is a warning",
    },
    critical: {
      type: "duration",
      default: "7d",
      checkTogether: ({ warning, critical }: { warning: number; critical: number }) =>
        checkLimits(warning, critical, formatDuration(warning)),
      description: "An end that is nearer is critical",
    },
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
        return { level: "unknown", text: `${name}: ${plainError(error)}` } as const;
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
