import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function warden(home: string, args: string[], typed: string | Uint8Array = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", MAIN, ...args, "--home", home],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(typeof typed === "string" ? new TextEncoder().encode(typed) : typed).catch(
    () => {},
  );
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
  const removed = await warden(home, ["secret", "remove", "db"]);
  assertEquals([removed.code, removed.output], [0, "Removed secret 'db'\n"]);
  assertEquals((await warden(home, ["secret", "list"])).output, "There are no secrets\n");
  const wrong = await warden(home, ["secret", "set", "DB"], "x\n");
  assertEquals(wrong.code, 2, wrong.output);
  assertMatch(wrong.output, /A secret cannot be named 'DB'; expected small letters/);
  const none = await warden(home, ["secret", "set", "db"], "");
  assertEquals([none.code, /No secret was given/.test(none.output)], [2, true]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("a secret in UTF-16 is stored as its text, and what is no text is refused", async () => {
  const home = await Deno.makeTempDir();
  const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stored: [typed: string, secret: string][] = [
    ["\xff\xfea\0b\0\r\0\n\0", "ab"],
    ["\xfe\xff\0a\x01\x0d\0b\0\n\0c", "a\u010db"], // a character that has the byte of a line's end
    ["\xef\xbb\xbfab\r\n", "ab"],
  ];
  for (const [typed, secret] of stored) {
    const { code, output } = await warden(home, ["secret", "set", "s"], bytes(typed));
    assertEquals([code, await Deno.readTextFile(`${home}/secrets/s`)], [0, secret], output);
  }
  for (const typed of ["p\xe4ss\n", "a\0b\0\n\0", "ab\0c\n", "\xff\xfea\0\0\0b\0\n\0"]) {
    const { code, output } = await warden(home, ["secret", "set", "t"], bytes(typed));
    assertEquals(code, 2, output);
    assertMatch(output, /^[^\n]*is no text; expected UTF-8, or UTF-16 with a byte[^\n]*\n$/);
  }
  assertMatch((await warden(home, ["secret", "list"])).output, /^s$/m);
  await Deno.remove(home, { recursive: true });
});

Deno.test("a missing or reserved name of a secret is told as such", async () => {
  const home = await Deno.makeTempDir();
  const wrong: [args: string[], error: RegExp][] = [
    [["set"], /'secret set' needs the name of a secret$/],
    [["remove"], /'secret remove' needs the name of a secret$/],
    [
      ["set", "con"],
      /A secret cannot be named 'con'; it is a reserved name, that of a device of Windows/,
    ],
  ];
  for (const [args, error] of wrong) {
    const { code, output } = await warden(home, ["secret", ...args], "x\n");
    assertEquals(code, 2, output);
    assertMatch(output.trim(), error);
  }
  await Deno.remove(home, { recursive: true });
});
