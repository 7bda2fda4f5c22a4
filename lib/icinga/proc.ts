/**
 * What Linux says of processes and connections (`proc(5)`): the tests watch a real Icinga 2 there.
 *
 * @module
 */
import { join } from "node:path";
import { formatIp } from "../base/mod.ts";
import { type Connection, treeOf } from "./connections.ts";
import type { IcingaFolder } from "./folder.ts";
import type { HostSources, TreeFacts } from "./sample.ts";

// The kernel's include/net/tcp_states.h.
const ESTABLISHED = "01";
const LISTEN = "0A";

/** `sysconf(_SC_PAGESIZE)` and `sysconf(_SC_CLK_TCK)` of x86-64. */
const PAGE = 4096, TICKS = 100;

/** What this system says of the Icinga 2 whose process id is in `run/icinga2/icinga2.pid`. */
export function procSources({ root }: IcingaFolder): HostSources {
  return {
    async tree() {
      const text = await readIfThere(join(root, "run", "icinga2", "icinga2.pid"));
      const all = text.trim() === "" ? [] : await listProcesses();
      const worker = all.find(({ pid }) => pid === Number(text));
      if (!worker) return undefined;
      const parent = all.find(({ pid, name }) => pid === worker.parent && name === worker.name);
      const pids = treeOf((parent ?? worker).pid, all);
      const tree = all.filter(({ pid }) => pids.has(pid));
      const sum = (read: (facts: typeof all[number]) => number) =>
        tree.reduce((sum, one) => sum + read(one), 0);
      const boot = Number(/^btime (\d+)$/m.exec(await readIfThere("/proc/stat"))?.[1]);
      const started = (boot + (parent ?? worker).started) * 1000;
      return { pids, memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu), started };
    },
    async connections({ pids }: TreeFacts) {
      const [owners, ...tables] = await Promise.all([
        socketsOf(pids),
        readIfThere("/proc/net/tcp"),
        readIfThere("/proc/net/tcp6"),
      ]);
      return tables.flatMap((text) => parseTcp(text)).flatMap(
        ({ inode, ...ends }): Connection[] => {
          const pid = owners.get(inode);
          return pid === undefined ? [] : [{ ...ends, pid }];
        },
      );
    },
  };
}

const readIfThere = (path: string) => Deno.readTextFile(path).catch(() => "");

async function listProcesses() {
  const names = (await Array.fromAsync(Deno.readDir("/proc"))).map(({ name }) => name);
  const found = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map(async (pid) => {
      const stat = await readIfThere(`/proc/${pid}/stat`);
      const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
      // Fields 3 and following of proc(5): 4 ppid, 14 utime, 15 stime, 22 starttime, 24 rss.
      const fields = rest.split(" ").map(Number);
      const [parent, user, system, start, pages] = [4, 14, 15, 22, 24].map((i) => fields[i - 3]);
      return {
        pid: Number(pid),
        parent: parent ?? 0,
        name,
        cpu: ((user ?? 0) + (system ?? 0)) / TICKS,
        memory: (pages ?? 0) * PAGE,
        /** Seconds after the boot. */
        started: (start ?? 0) / TICKS,
      };
    }),
  );
  return found.filter(({ name }) => name !== "");
}

/** The ids of a process and of all that it has started. */
export async function procTree(pid: number): Promise<Set<number>> {
  return treeOf(pid, await listProcesses());
}

/** Who listens on a port, such as `process 12 (java)`; undefined: nobody. */
export async function procHolder(port: number): Promise<string | undefined> {
  const [tcp, tcp6] = await Promise.all([
    readIfThere("/proc/net/tcp"),
    readIfThere("/proc/net/tcp6"),
  ]);
  const found = [tcp, tcp6].flatMap((text) => parseTcp(text, LISTEN))
    .find(({ local }) => local.port === port);
  if (!found) return undefined;
  const processes = await listProcesses();
  const pid = (await socketsOf(new Set(processes.map(({ pid }) => pid)))).get(found.inode);
  const name = processes.find((process) => process.pid === pid)?.name;
  return pid === undefined ? "a process of another user" : `process ${pid} (${name})`;
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
async function socketsOf(pids: ReadonlySet<number>): Promise<Map<string, number>> {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    try {
      for (const { name } of await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))) {
        const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
        const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
        if (inode !== undefined) owners.set(inode, pid);
      }
    } catch {
      // It has ended, or is another user's.
    }
  }
  return owners;
}
