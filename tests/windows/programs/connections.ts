/**
 * Makes a connection to itself over IPv4 and one over IPv6, and prints what Windows says of them and of this process.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { listConnections, listenerOf, processUsage } from "../../../lib/windows/mod.ts";

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

const ipv4 = await open("127.0.0.1");
const ipv6 = await open("::1").catch(({ message }) => message);
const gone = listConnections().some(({ pid }) => pid === Deno.pid);
const { bavail, bsize } = await statfs("C:\\");
// deno-lint-ignore no-console
console.log(JSON.stringify({
  ...{ ipv4, ipv6, gone, pid: Deno.pid, usage: processUsage(Deno.pid), free: bavail * bsize },
  other: processUsage(0xfffffff0) ?? null,
}));
