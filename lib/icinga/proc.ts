/**
 * Reads processes and connections on Linux (`proc(5)`), where the tests watch a real Icinga 2.
 *
 * @module
 */
import { join } from "node:path";
import { attempt, formatIp } from "../base/mod.ts";
import { type Connection, treeOf } from "./connections.ts";
import type { IcingaFolder } from "./folder.ts";
import type { HostSources, TreeFacts } from "./sample.ts";

// The kernel's include/net/tcp_states.h.
const ESTABLISHED = "01";
const LISTEN = "0A";

/** `sysconf(_SC_PAGESIZE)` and `sysconf(_SC_CLK_TCK)` of x86-64. */
const PAGE = 4096, TICKS = 100;

/** The sources for the Icinga 2 whose process id is in `run/icinga2/icinga2.pid`. */
export function procSources({ root }: IcingaFolder): HostSources {
  return {
    tree() {
      const text = readIfThere(join(root, "run", "icinga2", "icinga2.pid"));
      const all = text.trim() === "" ? [] : listProcesses();
      const worker = all.find(({ pid }) => pid === Number(text));
      if (!worker) return Promise.resolve(undefined);
      const parent = all.find(({ pid, name }) => pid === worker.parent && name === worker.name);
      const pids = treeOf((parent ?? worker).pid, all);
      const tree = all.filter(({ pid }) => pids.has(pid));
      const sum = (read: (facts: typeof all[number]) => number) =>
        tree.reduce((sum, one) => sum + read(one), 0);
      const boot = Date.now() - parseFloat(readIfThere("/proc/uptime")) * 1000;
      const started = boot + (parent ?? worker).started * 1000;
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

function listProcesses() {
  const names = [...Deno.readDirSync("/proc")].map(({ name }) => name);
  const found = names.filter((name) => /^\d+$/.test(name)).map((pid) => {
    const stat = readIfThere(`/proc/${pid}/stat`);
    const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
    // Fields 3 and following of proc(5): 4 ppid, 14 utime, 15 stime, 22 starttime, 24 rss.
    const fields = rest.split(" ");
    const [parent, user, system, start, pages] = [4, 14, 15, 22, 24].map((i) =>
      Number(fields[i - 3] ?? 0)
    );
    return {
      pid: Number(pid),
      parent: parent!,
      name,
      cpu: (user! + system!) / TICKS,
      memory: pages! * PAGE,
      /** Seconds after the boot. */
      started: start! / TICKS,
    };
  });
  return found.filter(({ name }) => name !== "");
}

/** The ids of a process and of all that it has started. */
export function procTree(pid: number): Promise<Set<number>> {
  return Promise.resolve(treeOf(pid, listProcesses()));
}

/** The process that listens on a port, such as `process 12 (java)`; undefined: none. */
export function procHolder(port: number): Promise<string | undefined> {
  const found = tcpTables().flatMap((text) => parseTcp(text, LISTEN))
    .find(({ local }) => local.port === port);
  if (!found) return Promise.resolve(undefined);
  const processes = listProcesses();
  const pid = socketsOf(new Set(processes.map(({ pid }) => pid))).get(found.inode);
  const name = processes.find((process) => process.pid === pid)?.name;
  const who = pid === undefined ? "a process of another user" : `process ${pid} (${name})`;
  return Promise.resolve(who);
}

const tcpTables = () => ["/proc/net/tcp", "/proc/net/tcp6"].map(readIfThere);

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
function socketsOf(pids: ReadonlySet<number>): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    // A process may have ended, or be another user's.
    for (const { name } of attempt(() => [...Deno.readDirSync(`/proc/${pid}/fd`)], () => [])) {
      const target = attempt(() => Deno.readLinkSync(`/proc/${pid}/fd/${name}`), () => "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) owners.set(inode, pid);
    }
  }
  return owners;
}
