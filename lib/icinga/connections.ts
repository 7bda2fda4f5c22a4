import type { ReadEvents } from "./event_log.ts";

/** A TCP connection of this host that is established. */
export interface Connection {
  /** The address and port of this side; IPv4 where it is one, written in IPv6 or not. */
  local: { address: string; port: number };
  /** The other side. */
  remote: { address: string; port: number };
  /** The id of its process. */
  pid: number;
}

/** The service's process and all that it started. */
export interface TreeFacts {
  /** The service's process is the first. */
  pids: ReadonlySet<number>;
  /** Bytes. */
  memory?: number;
  /** Seconds of processor time. */
  cpu?: number;
  /** When the service's process was started, ms since the Unix epoch. */
  started?: number;
  /** The file name of the service's program, where none of these processes is Icinga's. */
  foreign?: string;
}

/** The service's processes. */
export interface HostSources {
  /** The service's process tree; undefined while it does not run. */
  tree(): Promise<TreeFacts | undefined>;
  /** The established TCP connections of these processes. */
  connections(tree: TreeFacts): Promise<Connection[]>;
  /** Icinga's records in the event log of the system, where it has one. */
  events?: ReadEvents;
}

/** The criteria of a parent's connection. */
export interface LinkPlan {
  /** The ports of the parents. */
  ports: readonly number[];
  /** The port that this node listens on. */
  port?: number | undefined;
  /** The addresses of this host. */
  own: ReadonlySet<string>;
}

/** Younger connections do not count, ms: a node that its parent refuses opens a new one every 10 s. */
export const LINK_AGE = 60_000;

/** The addresses of this host. */
export function ownAddresses(): Set<string> {
  return new Set(Deno.networkInterfaces().map(({ address }) => address));
}

/**
 * The addresses of the other sides to which a parent's connection may lead, with how long each is known, ms: out to a
 * parent's port, whose address may change with its name's, or in on the own port from another host.
 */
export function parentLinks(
  connections: readonly Connection[],
  { ports, port, own }: LinkPlan,
  ageOf: (key: string) => number,
): { to: string; age: number }[] {
  return connections
    .filter(({ local, remote }) =>
      (ports.includes(remote.port) && local.port !== port) ||
      (local.port === port && !own.has(remote.address))
    )
    .map((connection) => ({
      to: describeAddress(connection.remote.address, connection.remote.port),
      age: ageOf(connectionKey(connection)),
    }));
}

/** An address and a port for messages: `10.0.0.1:5665`, `[fd00::1]:5665`. */
export function describeAddress(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** What is the same as long as a connection is: both ends. */
export function connectionKey({ local, remote }: Connection): string {
  return `${local.address}:${local.port} ${remote.address}:${remote.port}`;
}

/** How long things are seen without a break, by a monotonic clock. */
export class Seen {
  #first = new Map<string, number>();
  #began = -Infinity;
  #last = -Infinity;

  /** @param gap ms between two looks after which nothing is known: the host slept, or the process hung. */
  constructor(readonly gap: number) {}

  /** Takes what is seen now (ms); what is not among the keys is forgotten. */
  look(keys: Iterable<string>, now: number): void {
    const isGap = now - this.#last > this.gap;
    if (isGap) this.#began = now;
    const before = isGap ? new Map<string, number>() : this.#first;
    this.#first = new Map([...keys].map((key) => [key, before.get(key) ?? now]));
    this.#last = now;
  }

  /** For how long was looked without a break, ms. */
  get span(): number {
    return this.#last - this.#began;
  }

  /** For how long it is seen, ms; 0 for what is not. */
  age(key: string): number {
    return this.#last - (this.#first.get(key) ?? this.#last);
  }
}

/** A process, as far as its children are to be found. */
export interface ProcessLink {
  pid: number;
  parent: number;
}

/** The ids of a process and of all that it and its children have started. */
export function treeOf(root: number, processes: readonly ProcessLink[]): Set<number> {
  const tree = new Set([root]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return tree;
}
