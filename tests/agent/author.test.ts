import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Disk } from "../../lib/daemon/author.ts";
import { writeSecret } from "../../lib/agent/secrets.ts";
import { withDaemon } from "./author.ts";

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds();) {
    if (Date.now() > end) throw new Error(`Not within 60 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

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
    assertEquals(
      await value("Seen", "disks"),
      "Error: This daemon lacks the permission 'sys disks'",
    );
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

test("who asks is told changed arguments, and others are restarted", async () => {
  const definition = (asks: string) => `
    arguments: { limit: { type: "duration", default: "5s", description: "limit" } },
    async run(context) {
      const seen = context.state.map("Seen");
      seen.increment("starts");
      ${asks}
      seen.set("first", context.arguments.limit);
      await context.every(20, () => void seen.set("limit", context.arguments.limit));
    },`;
  const takes = definition("context.onArguments(({ limit }) => void seen.set('taken', limit));");
  await withDaemon(takes, {}, async ({ agent, apply, value, records }) => {
    const seen = agent.state.map("Daemons.own.Seen");
    assertEquals(await value("Seen", "first"), 5_000);
    await apply({ arguments: { limit: "7s" } });
    assertEquals(await value("Seen", "taken"), 7_000);
    await until(() => seen.get("limit") === 7_000);
    assertEquals(seen.get("starts"), 1);
    const told = records.filter(({ source }) => source === "agent").map(({ message }) => message);
    assertEquals(told, ["Told daemon 'own' its changed arguments"]);
    await agent.restartDaemon("own");
    await until(() => seen.get("first") === 7_000);
    await apply({ arguments: { limit: "7s" }, memoryLimit: 2 ** 27 });
    await until(() => seen.get("starts") === 3);
  });
  await withDaemon(definition(""), {}, async ({ agent, apply, value }) => {
    assertEquals(await value("Seen", "first"), 5_000);
    await apply({ arguments: { limit: "7s" } });
    const seen = agent.state.map("Daemons.own.Seen");
    await until(() => seen.get("limit") === 7_000);
    assertEquals(seen.get("starts"), 2);
  });
});

test("what taking them throws is a failure, and the daemon is started again with them", async () => {
  const body = `
    arguments: { n: { type: "number", default: 1, description: "n" } },
    async run(context) {
      context.onArguments(() => { throw new RangeError("odd"); });
      context.state.map("Seen").set("n" + context.arguments.n, true);
      await context.every(1_000, () => {});
    },`;
  await withDaemon(body, {}, async ({ apply, value, records }) => {
    await value("Seen", "n1");
    await apply({ arguments: { n: 2 } });
    await value("Seen", "n2");
    const failures = records.filter(({ level }) => level === "error");
    assertMatch(failures[0]!.message, /failed: RangeError: odd \(own\.js:\d+:\d+\)/);
  });
});

test("a secret is told to who has the permission, and hidden in log and failures", async () => {
  const body = `
    permissions: { secrets: ["db"] },
    async run(context) {
      const seen = context.state.map("Seen");
      seen.set("other", await context.secret("other").catch(String));
      const secret = await context.secret("db").catch(String);
      seen.set("length", secret.length);
      context.log.info("it is " + secret, { secret });
      console.log("it is", secret);
      throw new Error("cannot log on with " + secret);
    },`;
  const store = async (home: string) => void await writeSecret(home, "db", "geheim", () => {});
  const permissions = { secrets: ["db"] };
  await withDaemon(body, { permissions }, async ({ agent, value, records, info }) => {
    assertEquals(await value("Seen", "length"), 6);
    const other = "Error: This daemon lacks the permission 'secrets other'";
    assertEquals(await value("Seen", "other"), other);
    await until(() => info()?.lastError !== undefined);
    assertMatch(info()!.lastError!.message, /cannot log on with \*\*\*/);
    const own = records.filter(({ source }) => source !== "agent");
    const told = own.map(({ message }) => message).slice(0, 2);
    assertEquals(told, ['it is *** {"secret":"***"}', "it is ***"]);
    const all = agent.state.paths().map((path) => [path, [...agent.state.map(path)]]);
    assertEquals(/geheim/.test(JSON.stringify([all, records])), false);
  }, store);
  await withDaemon(body.replace('["db"]', "[]"), {}, async ({ value }) => {
    const lacks = "Error: This daemon lacks the permission 'secrets db'";
    assertEquals(await value("Seen", "length"), lacks.length);
  }, store);
});
