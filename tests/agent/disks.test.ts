import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { statfs } from "node:fs/promises";
import { mountsIn, readDisks } from "../../lib/agent/disks.ts";

Deno.test("disks are what is mounted of a device, each once, and the root", () => {
  const text = [
    "22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw",
    "23 22 8:1 / /boot rw,relatime - ext4 /dev/sda1 rw",
    "24 22 8:2 / /data\\040x rw,relatime master:1 - xfs /dev/sda2 rw",
    "25 22 8:2 /sub /var/lib/very/deep rw - xfs /dev/sda2 rw",
    "26 22 0:5 / /proc rw - proc proc rw",
    "27 22 7:3 / /snap/x ro - squashfs /dev/loop3 ro",
    "28 22 0:9 / /mnt/nfs rw - nfs4 server:/x rw",
    "",
  ].join("\n");
  assertEquals(mountsIn(text), ["/", "/boot", "/data x"]);
});

Deno.test("this host's disks have a size, and are read once for all that ask at a time", async () => {
  const asked = readDisks();
  assertStrictEquals(asked, readDisks());
  const disks = await asked;
  assert(disks.length > 0);
  const { bsize, blocks } = await statfs("/");
  const root = disks.find(({ name }) => name === "/");
  if (root) assertEquals(root.total, blocks * bsize);
  for (const { free, total } of disks) assert(total > 0 && free >= 0 && free <= total);
});
