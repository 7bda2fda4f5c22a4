import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Disk } from "../../lib/daemon/author.ts";
import { withDaemon } from "./author.ts";

/** Deno 2.7.11 takes ports of workers for leaks. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

test("a web server is asked with the permission for its address, and tried again", async () => {
  let asked = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response("well", { status: ++asked < 2 ? 503 : 200 });
  });
  const url = `http://127.0.0.1:${server.addr.port}/health`;
  const body = `
    arguments: { url: { type: "string", description: "address" } },
    permissions: { net: ["{url}"] },
    async run(context) {
      const { url } = context.arguments;
      const response = await context.fetch(url, { timeout: "5s", retries: 2 });
      context.state.map("Seen").set("answer", response.status + " " + await response.text());
      const refused = await context.fetch("http://127.0.0.1:8089/").catch((error) => error.name);
      context.state.map("Seen").set("refused", refused);
    },`;
  const net = [`127.0.0.1:${server.addr.port}`];
  await withDaemon(body, { arguments: { url }, permissions: { net } }, async ({ value }) => {
    assertEquals(await value("Seen", "answer"), "200 well");
    assertEquals(await value("Seen", "refused"), "NotCapable");
  });
  await server.shutdown();
});

test("disks are told to who has the permission, and to nobody else", async () => {
  const body = `
    permissions: { sys: ["disks"] },
    async run(context) {
      context.state.map("Seen").set("disks", await context.host.disks().catch(String));
    },`;
  await withDaemon(body, { permissions: { sys: ["disks"] } }, async ({ value }) => {
    const disks = await value("Seen", "disks") as Disk[];
    const root = disks.find(({ name }) => name === "/")!;
    assert(root.total > 0 && root.free >= 0 && root.free <= root.total, JSON.stringify(disks));
  });
  await withDaemon(body.replace('"disks"', ""), {}, async ({ value }) => {
    assertEquals(await value("Seen", "disks"), "Error: This daemon lacks the permission sys disks");
  });
});

test("a program is run to its end, its output bounded; a late one is ended with what it has started", async () => {
  const body = `
    permissions: { run: ["/bin/sh"] },
    async run(context) {
      const seen = context.state.map("Seen");
      const sh = (script, options) => context.run("/bin/sh", ["-c", script], options);
      seen.set("result", await sh("echo out $X; echo err >&2; exit 3", { env: { X: "x" } }));
      seen.set("length", (await sh("yes | head -c 200000")).stdout.length);
      const script = "sleep 60 & echo $! > " + JSON.stringify(context.home) + "/pid; wait";
      seen.set("late", await sh(script, { timeout: "1s" }).catch(String));
      seen.set("other", await context.run("/bin/true").catch(({ name }) => name));
      seen.set("odd", await context.run("/bin/sh", "-c").catch(String));
    },`;
  const permissions = { run: ["/bin/sh"] };
  await withDaemon(body, { permissions }, async ({ value, home }) => {
    const result = await value("Seen", "result");
    assertEquals(result, { code: 3, stdout: "out x\n", stderr: "err\n" });
    assertEquals(await value("Seen", "length"), 65_536);
    const late = "TimeoutError: /bin/sh took longer than 1 s, and was ended";
    assertEquals(await value("Seen", "late"), late);
    const pid = (await Deno.readTextFile(`${home}/pid`)).trim();
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "gone) Z");
    assertMatch(stat, /\) Z/, "it has ended, or nobody has fetched its exit code");
    assertEquals(await value("Seen", "other"), "NotCapable");
    assertMatch(String(await value("Seen", "odd")), /its arguments as a list of texts/);
  });
});
