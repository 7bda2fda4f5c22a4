/**
 * Makes a connection to itself over IPv4 and one over IPv6, and prints what Windows says of them and of this process;
 * and what is left of a child and its child once their tree was ended.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { ManualClock } from "../../../lib/base/mod.ts";
import { runChild } from "../../../lib/service/mod.ts";
import { accountOf, currentUser } from "../../../lib/windows/account.ts";
import {
  endTree,
  listConnections,
  listenerOf,
  listProcesses,
  logonRight,
  processUsage,
} from "../../../lib/windows/mod.ts";

const open = async (hostname: string) => {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const out = await Deno.connect({ hostname, port });
  const back = await listener.accept();
  const at = (out.localAddr as Deno.NetAddr).port;
  const seen = listConnections().filter(({ pid, local, remote }) =>
    pid === Deno.pid && local.port === at && remote.port === port
  );
  const holder = listenerOf(port);
  for (const closed of [out, back, listener]) closed.close();
  return { seen: seen.map(({ local, remote }) => [local.address, remote.address]), holder };
};

/** Both processes are there; one that has just started has no name yet. */
const areBoth = (names: string[]) => names.length === 2 && names.every((name) => name !== "");

const ipv4 = await open("127.0.0.1");
const ipv6 = await open("::1").catch(({ message }) => message);
/** Ends `cmd` and the `ping` that it waits for; says which processes there were, and which are left. */
const endOfTree = async () => {
  const args = ["/c", "ping -n 600 127.0.0.1 >nul"];
  const child = new Deno.Command("cmd.exe", { args, stdin: "null" }).spawn();
  const tree = () =>
    listProcesses().filter(({ pid, parent }) => pid === child.pid || parent === child.pid)
      .map(({ exe }) => exe.toLowerCase()).sort();
  for (const end = Date.now() + 60_000; !areBoth(tree()) && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const before = tree();
  const foreign = listProcesses().find(({ parent }) => parent === child.pid)!.pid;
  // The child of a child is none of this process.
  endTree(foreign);
  const kept = tree();
  endTree(child.pid);
  await child.status;
  return { before, kept, left: tree() };
};
/** A program that starts another, as `net` does with `net1`, is late; says which of them were there, and are left. */
const endOfLate = async () => {
  const args = ["/c", "ping -n 600 127.0.0.1 >nul"];
  const clock = new ManualClock();
  const late = runChild("cmd.exe", args, { limit: 5_000, clock, endTree });
  const both = () => {
    const all = listProcesses();
    const own = all.filter(({ parent, exe }) => parent === Deno.pid && /^cmd\.exe$/i.test(exe));
    return [...own, ...all.filter(({ parent }) => own.some(({ pid }) => pid === parent))];
  };
  const names = (processes: ReturnType<typeof both>) => processes.map(({ exe }) => exe);
  let seen: ReturnType<typeof both> = [];
  for (const end = Date.now() + 60_000; !areBoth(names(seen)) && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = both();
  }
  await clock.advance(5_000);
  const result = await late ?? "ended at its limit";
  const pids = new Set(listProcesses().map(({ pid }) => pid));
  return {
    result,
    before: names(seen).map((name) => name.toLowerCase()).sort(),
    left: seen.filter(({ pid }) => pids.has(pid)),
  };
};
const tree = await endOfTree();
const late = await endOfLate();
const gone = listConnections().some(({ pid }) => pid === Deno.pid);
const { bavail, bsize } = await statfs("C:\\");
// deno-lint-ignore no-console
console.log(JSON.stringify({
  ...{
    ipv4,
    ipv6,
    gone,
    tree,
    late,
    pid: Deno.pid,
    usage: processUsage(Deno.pid),
    free: bavail * bsize,
  },
  logon: ["LocalSystem", accountOf(currentUser()).name].map(logonRight),
  other: processUsage(0xfffffff0) ?? null,
}));
