import { assertEquals } from "@std/assert";
import { readTable, TCP_ROWS } from "../../lib/windows/tcp_table.ts";

/** A table of rows, each of numbers of 32 bits. */
function table(...rows: number[][]): Uint8Array<ArrayBuffer> {
  const numbers = new Uint32Array([rows.length, ...rows.flat()]);
  return new Uint8Array(numbers.buffer);
}

Deno.test("the established connections of Windows' tables, IPv4 and IPv6, with their processes", () => {
  const [established, closed] = [5, 8];
  // 192.168.0.5, port 40000 (9C 40) and 10.0.0.1, port 5665 (16 21): both in the order of the network.
  const ends = [0x0500a8c0, 0x409c, 0x0100000a, 0x2116];
  assertEquals(readTable(table([established, ...ends, 77], [closed, ...ends, 78]), TCP_ROWS.ipv4), [
    {
      local: { address: "192.168.0.5", port: 40000 },
      remote: { address: "10.0.0.1", port: 5665 },
      pid: 77,
    },
  ]);
  const [localhost, mapped] = [[0, 0, 0, 0x01000000], [0, 0, 0xffff0000, 0x0100000a]];
  const row = [...localhost, 0, 0x2116, ...mapped, 0, 0x409c, established, 79];
  assertEquals(readTable(table(row), TCP_ROWS.ipv6), [{
    local: { address: "::1", port: 5665 },
    remote: { address: "10.0.0.1", port: 40000 },
    pid: 79,
  }]);
  assertEquals(readTable(table(), TCP_ROWS.ipv4), []);
});
