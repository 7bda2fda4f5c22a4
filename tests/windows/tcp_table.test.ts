import { assertEquals, assertThrows } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { dwordIn } from "../../lib/windows/ffi/memory.ts";
import { listConnections, listenerOf } from "../../lib/windows/tcp_table.ts";
import { fakeWindows, put } from "./fake_windows.ts";

/** A table of rows, each of numbers of 32 bits. */
function table(...rows: number[][]): Uint8Array<ArrayBuffer> {
  const numbers = new Uint32Array([rows.length, ...rows.flat()]);
  return new Uint8Array(numbers.buffer);
}

type Bytes = Uint8Array<ArrayBuffer>;

const IPV4 = 2, IPV6 = 23, LISTEN = 2, ESTABLISHED = 5;

/** The rows of the machine's tables by family, as {@linkcode table} takes them. */
const rows: Record<number, number[][]> = { [IPV4]: [], [IPV6]: [] };
let error = 0;

fakeWindows({
  GetExtendedTcpTable(
    ...[room, size, sorted, family, kind, reserved]: [Bytes, Bytes, 0, number, number, 0]
  ) {
    if (kind !== 5 || sorted !== 0 || reserved !== 0 || !rows[family]) return 87;
    const bytes = table(...rows[family]);
    if (error !== 0) return error;
    const isEnough = dwordIn(size) === room.length && room.length >= bytes.length;
    put(size, bytes.length);
    if (!isEnough) return 122;
    room.set(bytes);
    return 0;
  },
});

Deno.test("the established connections of Windows' tables, IPv4 and IPv6, with their processes", () => {
  const closed = 8;
  // 192.168.0.5, port 40000 (9C 40) and 10.0.0.1, port 5665 (16 21): both in the order of the network.
  const ends = [0x0500a8c0, 0x409c, 0x0100000a, 0x2116];
  rows[IPV4] = [[ESTABLISHED, ...ends, 77], [closed, ...ends, 78]];
  const [localhost, mapped] = [[0, 0, 0, 0x01000000], [0, 0, 0xffff0000, 0x0100000a]];
  rows[IPV6] = [[...localhost, 0, 0x2116, ...mapped, 0, 0x409c, ESTABLISHED, 79]];
  assertEquals(listConnections(), [
    {
      local: { address: "192.168.0.5", port: 40000 },
      remote: { address: "10.0.0.1", port: 5665 },
      pid: 77,
    },
    {
      local: { address: "::1", port: 5665 },
      remote: { address: "10.0.0.1", port: 40000 },
      pid: 79,
    },
  ]);
  [rows[IPV4], rows[IPV6]] = [[], []];
  assertEquals(listConnections(), []);
});

Deno.test("connections and listeners of both families are listed, however many there are", () => {
  const local = [0x0100007f, 0x2116];
  const many = Array.from({ length: 3_000 }, (_, i) => [ESTABLISHED, ...local, ...local, i]);
  rows[IPV4] = [...many, [LISTEN, ...local, 0, 0, 4_000]];
  const localhost = [0, 0, 0, 0x01000000];
  rows[IPV6] = [
    [...localhost, 0, 0x2116, ...localhost, 0, 0x409c, ESTABLISHED, 79],
    [...localhost, 0, 0x409c, 0, 0, 0, 0, 0, 0, LISTEN, 4_001],
  ];
  assertEquals(listConnections().map(({ pid }) => pid), [...many.keys(), 79]);
  assertEquals([5665, 40000, 5666].map(listenerOf), [4_000, 4_001, undefined]);
});

Deno.test("connections that cannot be listed are an error of Windows", () => {
  error = 5;
  assertThrows(listConnections, WindowsError, "Cannot list the TCP connections: access is denied");
  error = 0;
});
