import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { procHolder, procSources, procTree } from "../../lib/icinga/mod.ts";
import { fixture } from "./fixture.ts";

const ignore = Deno.build.os !== "linux";

Deno.test(
  "Linux tells a process's tree, memory, processor time, start and connections",
  { ignore },
  async () => {
    await using made = await fixture();
    const { tree, connections } = procSources(made.folder);
    assertEquals(await tree(), undefined, "no process is named");
    await made.write("run/icinga2/icinga2.pid", "999999999");
    assertEquals(await tree(), undefined, "it has ended");
    await made.write("run/icinga2/icinga2.pid", `${Deno.pid}\n`);
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    try {
      using _client = await Deno.connect({ hostname: "127.0.0.1", port });
      using _accepted = await server.accept();
      const facts = (await tree())!;
      assert(facts.pids.has(Deno.pid) && facts.pids.has(child.pid) && !facts.pids.has(1));
      assertEquals(await procTree(child.pid), new Set([child.pid]));
      // Of the child next to nothing, and of a parent of the same name perhaps something.
      const { user, system } = process.cpuUsage();
      const used = (user + system) / 1e6;
      assert(facts.cpu! >= used - 1 && facts.memory! >= Deno.memoryUsage().rss / 2);
      assert(facts.memory! < 8 * Deno.memoryUsage().rss, `${facts.memory} bytes`);
      const seen = (await connections(facts)).filter(({ local, remote }) =>
        local.port === port || remote.port === port
      );
      assertEquals(seen.map(({ pid }) => pid), [Deno.pid, Deno.pid]);
      assertEquals(await connections({ pids: new Set([child.pid]) }), []);
      const name = (await Deno.readTextFile("/proc/self/comm")).trim();
      assertEquals(await procHolder(port), `process ${Deno.pid} (${name})`);
      assertEquals(await procHolder(1), undefined);
      await made.write("run/icinga2/icinga2.pid", `${child.pid}`);
      const own = (await tree())!;
      assertEquals([own.pids.size, own.cpu! < 1], [1, true]);
      assert(Math.abs(own.started! - Date.now()) < 600_000, `started ${own.started}`);
    } finally {
      child.kill();
      await child.status;
    }
  },
);

Deno.test("a long table of connections is read to its end", { ignore }, async () => {
  await using made = await fixture();
  await made.write("run/icinga2/icinga2.pid", `${Deno.pid}`);
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const open: Deno.Conn[] = [];
  // Some pages of the kernel's, with 27 connections each.
  for (let i = 0; i < 100; i++) {
    open.push(await Deno.connect({ hostname: "127.0.0.1", port }), await server.accept());
  }
  const { tree, connections } = procSources(made.folder);
  const found = (await connections((await tree())!)).map(({ local, remote }) =>
    [local.port, remote.port].includes(port)
  );
  for (const conn of open) conn.close();
  assertEquals(found.filter(Boolean).length, open.length);
});
