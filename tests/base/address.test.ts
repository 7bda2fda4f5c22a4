import { assertEquals } from "@std/assert";
import { formatIp } from "../../lib/base/mod.ts";

Deno.test("addresses are written in their shortest form, IPv4 within IPv6 as IPv4", () => {
  const zeros = (count: number) => Array<number>(count).fill(0);
  for (
    const [bytes, text] of [
      [[192, 168, 0, 1], "192.168.0.1"],
      [[...zeros(10), 255, 255, 127, 0, 0, 1], "127.0.0.1"],
      [[...zeros(15), 1], "::1"],
      [[0xfe, 0x80, ...zeros(13), 1], "fe80::1"],
      [[0x20, 1, 0xd, 0xb8, 0, 1, ...zeros(8), 0xa, 0xbc], "2001:db8:1::abc"],
      [zeros(16), "::"],
    ] as const
  ) assertEquals(formatIp(bytes), text);
});
