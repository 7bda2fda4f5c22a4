import { formatIp } from "../base/mod.ts";
import { filled } from "./ffi/errors.ts";
import { iphlpapi } from "./ffi/libraries.ts";
import { dwordIn } from "./ffi/memory.ts";

// iprtrmib.h
const TCP_TABLE_OWNER_PID_ALL = 5;
// tcpmib.h
const MIB_TCP_STATE_LISTEN = 2;
const MIB_TCP_STATE_ESTAB = 5;

/**
 * The address families AF_INET and AF_INET6 (ws2def.h) with the offsets in their rows, `MIB_TCPROW_OWNER_PID` and
 * `MIB_TCP6ROW_OWNER_PID` (tcpmib.h), and how many bytes an address has.
 */
const FAMILIES = [
  {
    family: 2,
    size: 24,
    address: 4,
    state: 0,
    local: { address: 4, port: 8 },
    remote: { address: 12, port: 16 },
    pid: 20,
  },
  {
    family: 23,
    size: 56,
    address: 16,
    state: 48,
    local: { address: 0, port: 20 },
    remote: { address: 24, port: 44 },
    pid: 52,
  },
];

/** A TCP connection, or a port that is listened on; addresses as text, IPv4 that is written in IPv6 as IPv4. */
export interface TcpConnection {
  local: { address: string; port: number };
  remote: { address: string; port: number };
  /** The id of its process. */
  pid: number;
}

/**
 * The established TCP connections of this machine, IPv4 and IPv6.
 *
 * @throws {WindowsError} when they cannot be listed.
 */
export function listConnections(): TcpConnection[] {
  return listTcp(MIB_TCP_STATE_ESTAB);
}

/**
 * The id of a process that listens on a port of this machine; undefined: there is none.
 *
 * @throws {WindowsError} when they cannot be listed.
 */
export function listenerOf(port: number): number | undefined {
  return listTcp(MIB_TCP_STATE_LISTEN).find(({ local }) => local.port === port)?.pid;
}

/** What is in a state. A table has the number of its rows, then the rows. */
function listTcp(wanted: number): TcpConnection[] {
  return FAMILIES.flatMap(({ family, size, address: length, state, local, remote, pid }) => {
    const table = readTable(family);
    const starts = Array.from({ length: dwordIn(table) }, (_, i) => 4 + i * size);
    return starts.filter((at) => dwordIn(table, at + state) === wanted).map((at) => {
      const end = ({ address, port }: typeof local) => ({
        address: formatIp([...table.subarray(at + address, at + address + length)]),
        // In the order of the network, in the lower half of its field.
        port: table[at + port]! << 8 | table[at + port + 1]!,
      });
      return { local: end(local), remote: end(remote), pid: dwordIn(table, at + pid) };
    });
  });
}

function readTable(family: number): Uint8Array<ArrayBuffer> {
  const { GetExtendedTcpTable: list } = iphlpapi();
  return filled(
    (table, _, size) => list(table, size, 0, family, TCP_TABLE_OWNER_PID_ALL, 0),
    "list the TCP connections",
  )!;
}
