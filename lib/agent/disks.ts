import { statfs } from "node:fs/promises";
import { within } from "../base/mod.ts";
import type { Disk } from "../daemon/mod.ts";

/** The limit for reading one file system, ms: a network disk may hang. */
const PATIENCE = 2_000;

let reading: Promise<Disk[]> | undefined;

/** The fixed disks. Calls while they are read share one result. */
export function readDisks(): Promise<Disk[]> {
  reading ??= read().finally(() => reading = undefined);
  return reading;
}

async function read(): Promise<Disk[]> {
  if (Deno.build.os === "windows") return (await import("../windows/mod.ts")).fixedDisks();
  const mounts = mountsIn(await Deno.readTextFile("/proc/self/mountinfo"));
  const disks = await Promise.all(mounts.map(async (name) => {
    const found = await within(statfs(name), { ms: PATIENCE }).catch(() => undefined);
    if (!found || found.blocks === 0) return [];
    const { bsize, bavail, blocks } = found;
    return [{ name, free: bavail * bsize, total: blocks * bsize }];
  }));
  return disks.flat();
}

/** Where the disks in the text of `/proc/self/mountinfo` (`proc(5)`) are mounted, each once, and the root in any case. */
export function mountsIn(text: string): string[] {
  const byDevice = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , device = "", , point = ""] = left.split(" ");
    const [type, source = ""] = right.split(" ");
    const isDisk = point === "/" || (source.startsWith("/dev/") && type !== "squashfs");
    // A device that is mounted twice, such as by a bind mount, has its shortest path.
    const before = byDevice.get(device);
    if (isDisk && !(before !== undefined && before.length <= point.length)) {
      byDevice.set(device, point);
    }
  }
  return [...byDevice.values()].map(unescape).sort();
}

/** A blank in a path is `\\040`. */
function unescape(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
