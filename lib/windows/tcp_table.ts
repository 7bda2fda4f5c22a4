import { formatIp } from "../base/mod.ts";
import { filled } from "./ffi/errors.ts";
import { iphlpapi } from "./ffi/libraries.ts";
import { dwordIn } from "./ffi/memory.ts";

// winsock2.h, ws2def.h
const AF_INET = 2;
const AF_INET6 = 23;
// iprtrmib.h
const TCP_TABLE_OWNER_PID_ALL = 5;
// tcpmib.h
const MIB_TCP_STATE_LISTEN = 2;
const MIB_TCP_STATE_ESTAB = 5;

/** Offsets in the rows `MIB_TCPROW_OWNER_PID` and `MIB_TCP6ROW_OWNER_PID` (tcpmib.h), and how many bytes an address has. */
export const TCP_ROWS = {
  ipv4: {
    size: 24,
    address: 4,
    state: 0,
    local: { address: 4, port: 8 },
    remote: { address: 12, port: 16 },
    pid: 20,
  },
  ipv6: {
    size: 56,
    address: 16,
    state: 48,
    local: { address: 0, port: 20 },
    remote: { address: 24, port: 44 },
    pid: 52,
  },
} as const;

type Row = typeof TCP_ROWS["ipv4" | "ipv6"];

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

function listTcp(state: number): TcpConnection[] {
  return [
    ...readTable(readTcpTable(AF_INET), TCP_ROWS.ipv4, state),
    ...readTable(readTcpTable(AF_INET6), TCP_ROWS.ipv6, state),
  ];
}

function readTcpTable(family: number): Uint8Array<ArrayBuffer> {
  const { GetExtendedTcpTable: list } = iphlpapi();
  return filled(
    (table, _, size) => list(table, size, 0, family, TCP_TABLE_OWNER_PID_ALL, 0),
    "list the TCP connections",
  )!;
}

/** What is in a state in a table: the number of rows, then the rows. */
export function readTable(
  table: Uint8Array<ArrayBuffer>,
  row: Row,
  state = MIB_TCP_STATE_ESTAB,
): TcpConnection[] {
  const starts = Array.from({ length: dwordIn(table) }, (_, i) => 4 + i * row.size);
  return starts.filter((at) => dwordIn(table, at + row.state) === state).map((at) => {
    const end = ({ address, port }: Record<"address" | "port", number>) => ({
      address: formatIp([...table.subarray(at + address, at + address + row.address)]),
      // In the order of the network, in the lower half of its field.
      port: table[at + port]! << 8 | table[at + port + 1]!,
    });
    return { local: end(row.local), remote: end(row.remote), pid: dwordIn(table, at + row.pid) };
  });
}
