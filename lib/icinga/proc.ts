/**
 * Reads processes and connections on Linux (`proc(5)`), where the tests watch a real Icinga 2.
 *
 * @module
 */
import { join } from "node:path";
import { attempt, formatIp } from "../base/mod.ts";
import type { Connection, HostSources, TreeFacts } from "./connections.ts";
import type { IcingaFolder } from "./folder.ts";

// The kernel's include/net/tcp_states.h.
const ESTABLISHED = "01";
const LISTEN = "0A";

/** `sysconf(_SC_PAGESIZE)` and `sysconf(_SC_CLK_TCK)` of x86-64. */
const PAGE = 4096, TICKS = 100;

/** The sources for the Icinga 2 whose process id is in `run/icinga2/icinga2.pid`. */
export function procSources({ root }: IcingaFolder): HostSources {
  return {
    tree() {
      const worker = readProcess(readIfThere(join(root, "run", "icinga2", "icinga2.pid")).trim());
      if (!worker) return Promise.resolve(undefined);
      const parent = readProcess(worker.parent);
      const first = parent?.name === worker.name ? parent : worker;
      const pids = treeOf(first.pid);
      const tree = [...pids].flatMap((pid) => readProcess(pid) ?? []);
      const sum = (read: (facts: typeof first) => number) =>
        tree.reduce((sum, one) => sum + read(one), 0);
      const boot = Date.now() - parseFloat(readIfThere("/proc/uptime")) * 1000;
      const started = boot + first.started * 1000;
      const known = { memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu) };
      return Promise.resolve({ pids, ...known, started });
    },
    connections({ pids }: TreeFacts) {
      const owners = socketsOf(pids);
      const found = tcpTables().flatMap((text) => parseTcp(text));
      return Promise.resolve(found.flatMap(({ inode, ...ends }): Connection[] => {
        const pid = owners.get(inode);
        return pid === undefined ? [] : [{ ...ends, pid }];
      }));
    },
  };
}

/** What is below `/proc` lies in no disk: a read that is waited for costs more than it takes. */
function readIfThere(path: string): string {
  return attempt(() => Deno.readTextFileSync(path), () => "");
}

/** The names of what is in a folder; none where that has ended, or is another user's. */
function namesIn(path: string): string[] {
  return attempt(() => [...Deno.readDirSync(path)].map(({ name }) => name), () => []);
}

function readProcess(pid: number | string) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const [, name, rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
  if (name === undefined) return undefined;
  // Fields 3 and following of proc(5): 4 ppid, 14 utime, 15 stime, 22 starttime, 24 rss.
  const fields = rest.split(" ").map(Number);
  const [parent, user, system, start, pages] = [4, 14, 15, 22, 24].map((i) => fields[i - 3]!);
  return {
    pid: Number(pid),
    parent: parent!,
    name,
    cpu: (user! + system!) / TICKS,
    memory: pages! * PAGE,
    /** Seconds after the boot. */
    started: start! / TICKS,
  };
}

/** A process and all that it has started. Only these are read: on a host with many processes the rest would cost more. */
function treeOf(root: number): Set<number> {
  const tree = new Set([root]);
  for (const pid of tree) {
    for (const thread of namesIn(`/proc/${pid}/task`)) {
      const children = readIfThere(`/proc/${pid}/task/${thread}/children`).match(/\d+/g) ?? [];
      for (const child of children) tree.add(Number(child));
    }
  }
  return tree;
}

/** The ids of a process and of all that it has started. */
export function procTree(pid: number): Promise<Set<number>> {
  return Promise.resolve(treeOf(pid));
}

/** The process that listens on a port, such as `process 12 (java)`; undefined: none. */
export function procHolder(port: number): Promise<string | undefined> {
  const found = tcpTables().flatMap((text) => parseTcp(text, LISTEN))
    .find(({ local }) => local.port === port);
  if (!found) return Promise.resolve(undefined);
  const pids = namesIn("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const pid = socketsOf(pids).get(found.inode);
  const who = pid === undefined
    ? "a process of another user"
    : `process ${pid} (${readProcess(pid)?.name})`;
  return Promise.resolve(who);
}

const tcpTables = () =>
  ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => attempt(() => readTable(path), () => ""));

/** The kernel returns what fits into a page, whole lines of less than 200 bytes. */
const FULL = PAGE - 200;

/**
 * Reads a table of connections. To find out that there is no more, the kernel walks its whole hash table again, which is
 * half of the time that a table takes; so a part that does not fill its page is the last one.
 */
function readTable(path: string): string {
  using file = Deno.openSync(path);
  const part = new Uint8Array(PAGE);
  let text = "", length: number;
  do {
    length = file.readSync(part) ?? 0;
    text += new TextDecoder().decode(part.subarray(0, length));
  } while (length > FULL);
  return text;
}

/** The connections in a state, in the text of `/proc/net/tcp` or `tcp6`, each with the inode of its socket. */
export function parseTcp(
  text: string,
  wanted = ESTABLISHED,
): (Omit<Connection, "pid"> & { inode: string })[] {
  return text.trim().split("\n").slice(1).flatMap((line) => {
    const [, local = "", remote = "", state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === wanted
      ? { local: parseAddress(local), remote: parseAddress(remote), inode }
      : [];
  });
}

/** `0100007F:1A2B`: numbers of 32 bits in the order of this machine, and the port. */
function parseAddress(text: string): { address: string; port: number } {
  const [digits = "", port = ""] = text.split(":");
  const bytes = (digits.match(/.{8}/g) ?? [])
    .flatMap((word) => word.match(/../g)!.reverse()).map((byte) => parseInt(byte, 16));
  return { address: formatIp(bytes), port: parseInt(port, 16) };
}

/** The processes by the inodes of their sockets. */
function socketsOf(pids: Iterable<number>): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    for (const name of namesIn(`/proc/${pid}/fd`)) {
      const target = attempt(() => Deno.readLinkSync(`/proc/${pid}/fd/${name}`), () => "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) owners.set(inode, pid);
    }
  }
  return owners;
}
