import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function warden(home: string, args: string[], typed = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", MAIN, ...args, "--home", home],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(typed)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout) + text(stderr) };
}

Deno.test("a secret is read from standard input, and shown by no command", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(`${home}/daemons`);
  await Deno.writeTextFile(
    `${home}/daemons/own.js`,
    `export default { name: "own", permissions: { secrets: ["db"] }, run() {} };`,
  );
  const set = await warden(home, ["secret", "set", "db"], "geheim!\nmore\n");
  assertEquals([set.code, set.output], [
    0,
    "Stored secret 'db'; daemons read it when they ask next\n",
  ]);
  assertEquals(await Deno.readTextFile(`${home}/secrets/db`), "geheim!");
  const register = await warden(home, ["daemon", "register", "own", "--grant"]);
  assertMatch(register.output, /permissions {2}secrets "db"/);
  for (
    const args of [
      ["secret", "list"],
      ["secret", "list", "--json"],
      ["config", "show"],
      ["config", "check"],
      ["daemon", "show", "own"],
      ["daemon", "show", "own", "--json"],
      ["daemon", "list", "--json"],
    ]
  ) {
    const { code, output } = await warden(home, args);
    assertEquals([code, output.includes("geheim")], [0, false], output);
  }
  assertMatch((await warden(home, ["secret", "list"])).output, /^db$/m);
  assertEquals((await warden(home, ["secret", "remove", "db"])).code, 0);
  const wrong = await warden(home, ["secret", "set", "DB"], "x\n");
  assertEquals(wrong.code, 2, wrong.output);
  assertMatch(wrong.output, /A secret cannot be named 'DB'; expected small letters/);
  const none = await warden(home, ["secret", "set", "db"], "");
  assertEquals([none.code, /no secret was given/.test(none.output)], [2, true]);
  await Deno.remove(home, { recursive: true });
});
