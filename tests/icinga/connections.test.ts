import { assertEquals } from "@std/assert";
import {
  type Connection,
  connectionKey,
  parentLinks,
  parseTcp,
  Seen,
  treeOf,
} from "../../lib/icinga/mod.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

Deno.test("established connections are read from /proc/net/tcp and tcp6", () => {
  const tcp = `${HEAD}` +
    "   0: 0100007F:3D96 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1\n" +
    "   1: 0100007F:A0F2 0200A8C0:1621 01 00000000:00000000 00:00000000 00000000     0        0 22 1\n";
  const tcp6 = `${HEAD}` +
    "   0: 0000000000000000FFFF00000100007F:1621 0000000000000000FFFF00000200007F:9C40 01 0:0 00:0 0 0 0 33 1\n" +
    "   1: 00000000000000000000000001000000:1621 00000000000000000000000001000000:9C41 08 0:0 00:0 0 0 0 44 1\n";
  assertEquals([tcp, tcp6, ""].flatMap((text) => parseTcp(text)), [
    {
      local: { address: "127.0.0.1", port: 41202 },
      remote: { address: "192.168.0.2", port: 5665 },
      inode: "22",
    },
    {
      local: { address: "127.0.0.1", port: 5665 },
      remote: { address: "127.0.0.2", port: 40000 },
      inode: "33",
    },
  ]);
});

/** `10.0.0.5:40000 10.0.0.1:5665` */
function connection(text: string): Connection {
  const [local, remote] = text.split(" ").map((end) => {
    const [address = "", port] = end.split(":");
    return { address, port: Number(port) };
  });
  return { local: local!, remote: remote!, pid: 1 };
}

Deno.test("a parent's connection leads out to its port, or in from another host", () => {
  const own = new Set(["10.0.0.5", "127.0.0.1"]);
  const links = (text: string, ports = [5665], port: number | undefined = 5665) =>
    parentLinks([connection(text)], { ports, port, own }, () => 7).map(({ to }) => to);
  for (
    const [text, to, ports] of [
      ["10.0.0.5:40000 10.0.0.1:5665", "10.0.0.1:5665"], // out
      ["10.0.0.5:40000 10.0.0.1:5999", "10.0.0.1:5999", [5665, 5999]],
      ["10.0.0.5:40000 10.0.0.1:443", undefined], // to somebody else
      ["10.0.0.5:5665 10.0.0.1:40000", "10.0.0.1:40000"], // in
      ["10.0.0.5:5665 10.0.0.5:40000", undefined], // a check on this host
      ["127.0.0.1:5665 127.0.0.1:40000", undefined],
      ["10.0.0.5:5665 10.0.0.5:5665", undefined],
    ] as const
  ) assertEquals(links(text, ports && [...ports]), to === undefined ? [] : [to], text);
  assertEquals(parentLinks([], { ports: [1], own }, () => 0), []);
  const out = { ...connection("a:1 b:5665"), remote: { address: "fd00::1", port: 5665 } };
  assertEquals(parentLinks([out], { ports: [5665], own }, () => 7)[0]?.to, "[fd00::1]:5665");
});

Deno.test("a connection's age is counted from the first of unbroken looks", () => {
  const key = connectionKey(connection("10.0.0.5:40000 10.0.0.1:5665"));
  const seen = new Seen(90_000);
  const table: [now: number, keys: string[], age: number][] = [
    [0, [key], 0],
    [30_000, [key], 30_000],
    [90_000, [key, "other"], 90_000],
    [120_000, ["other"], 0], // it was gone
    [150_000, [key], 0],
    [180_000, [key], 30_000],
    [280_000, [key], 0], // the host slept
    [310_000, [key], 30_000],
    [400_000, [key], 120_000], // as long as may be between two looks
  ];
  for (const [now, keys, age] of table) {
    seen.look(keys, now);
    assertEquals(seen.age(key), age, `at ${now}`);
  }
});

Deno.test("a tree is the process and all that it and its children have started", () => {
  const processes = [[5, 4], [4, 2], [3, 1], [2, 1], [1, 0], [2, 2]]
    .map(([pid, parent]) => ({ pid: pid!, parent: parent! }));
  assertEquals([...treeOf(2, processes)].sort(), [2, 4, 5]);
  assertEquals([...treeOf(9, processes)], [9]);
});
