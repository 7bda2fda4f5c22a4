import { defineDaemon, type VerdictNumber } from "icinga-warden/daemon";
import { formatBytes, parseSize } from "../lib/base/mod.ts";
import { checkLimits, levelBelow, summarize } from "./shared/levels.ts";

/** A share such as `10%`, or a size such as `5GB`. */
function checkAmount(text: string): string | undefined {
  const isShare = /^\d{1,2}%$/.test(text);
  return isShare || parseSize(text) !== undefined ? undefined : "expected such as 10% or 5GB";
}

/** Two shares or two sizes; a share and a size can be compared only where the disk is known. */
function checkAmounts({ warning, critical }: Record<"warning" | "critical", string>) {
  const [least, most] = [critical, warning].map(parseSize);
  if (least !== undefined && most !== undefined) return checkLimits(most, least, warning);
  if (least !== undefined || most !== undefined) return undefined;
  return checkLimits(parseInt(warning), parseInt(critical), warning);
}

function bytesOf(amount: string, total: number): number {
  return parseSize(amount) ?? Math.round(total * parseInt(amount) / 100);
}

/** Whether a disk of a list is named before, in capital letters or small ones. */
const isAgain = (name: string, index: number, disks: readonly string[]) =>
  disks.slice(0, index).some((other) => other.toLowerCase() === name.toLowerCase());

function checkDisks({ disks }: { disks: readonly string[] }) {
  const twice = disks.find(isAgain);
  return twice === undefined ? undefined : { warning: `'${twice}' is named twice` };
}

/** The daemon that warns when a disk is nearly full. */
export default defineDaemon({
  name: "disk_space",
  description: "Warns when a disk is nearly full",
  arguments: {
    disks: {
      type: "list",
      default: [],
      checkTogether: checkDisks,
      description: "Disks, such as C:; none: all fixed ones",
    },
    warning: {
      type: "string",
      default: "10%",
      check: checkAmount,
      description: "Less free is a warning: a share or a size",
    },
    critical: {
      type: "string",
      default: "5%",
      check: checkAmount,
      checkTogether: checkAmounts,
      description: "Less free is critical: a share or a size",
    },
    interval: { type: "duration", default: "1m", min: "1s", description: "From look to look" },
  },
  permissions: { sys: ["disks"] },
  maps: {
    Disks: {
      description: "By disk: free and total, bytes",
      metrics: {
        free: { type: "gauge", unit: "bytes", label: "disk", help: "Free space of a disk" },
        total: { type: "gauge", unit: "bytes", label: "disk", help: "Size of a disk" },
      },
    },
  },
  run({ arguments: { disks, interval, ...limits }, host, state, report, every }) {
    const map = state.map("Disks");
    const wanted = disks.filter((...disk) => !isAgain(...disk));
    return every(interval, async () => {
      const all = await host.disks();
      const named = (name: string) => all.find((disk) => disk.name.toLowerCase() === name);
      const found = wanted.length === 0
        ? all
        : wanted.map((name) => named(name.toLowerCase()) ?? { name, free: NaN, total: NaN });
      for (const name of map.keys()) {
        if (!found.some((disk) => disk.name === name)) map.delete(name);
      }
      const numbers: Record<string, VerdictNumber> = {};
      const looks = found.map(({ name, free, total }) => {
        if (Number.isNaN(total)) {
          return { level: "unknown", text: `there is no disk ${name}` } as const;
        }
        const [warning, critical] = [limits.warning, limits.critical].map((x) => bytesOf(x, total));
        map.set(name, { free, total });
        numbers[name] = {
          value: free,
          unit: "B",
          warning: `${warning}:`,
          critical: `${critical}:`,
          min: 0,
          max: total,
        };
        const text = `${name} ${formatBytes(free)} free of ${formatBytes(total)}`;
        return { level: levelBelow(free, warning!, critical!), text };
      });
      const { level, text } = summarize(looks);
      report(found.length === 0 ? "unknown" : level, text || "there are no disks", numbers, {
        ttl: 3 * interval,
      });
    });
  },
});
