import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { listSecrets, readSecret, removeSecret, writeSecret } from "../../lib/agent/secrets.ts";

async function withHome(test: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const store = (home: string, name: string, value: string) =>
  writeSecret(home, name, value, () => {});

Deno.test("a secret is stored for its owner alone, listed by name, and removed", async () => {
  await withHome(async (home) => {
    assertEquals(await listSecrets(home), []);
    const protectedFiles: [string, number][] = [];
    const file = await writeSecret(home, "db", " pässword ", (path) => {
      protectedFiles.push([path, Deno.statSync(path).size]);
    });
    assertEquals(protectedFiles, [[`${file}.new`, 0]]);
    assertEquals(await readSecret(home, "db"), " pässword ");
    await store(home, "a-b", "x");
    assertEquals(await listSecrets(home), ["a-b", "db"]);
    if (Deno.build.os !== "windows") {
      assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
      assertEquals(Deno.statSync(`${home}/secrets`).mode! & 0o777, 0o700);
    }
    await removeSecret(home, "db");
    assertEquals(await listSecrets(home), ["a-b"]);
    await assertRejects(() => removeSecret(home, "db"), Error, "There is no secret 'db'");
  });
});

Deno.test("what is no secret, or others can read, is refused in one line", async () => {
  await withHome(async (home) => {
    const missing = "There is no secret 'db'; make it with: icinga-warden secret set db";
    await assertRejects(() => readSecret(home, "db"), Error, missing);
    for (const name of ["", "../x", "a/b", "A", "nul", "x".repeat(65)]) {
      const why = name === "nul" ? "it is a reserved name" : "expected small letters";
      const odd = `A secret cannot be named '${name}'; ${why}`;
      await assertRejects(() => readSecret(home, name), Error, odd);
      await assertRejects(() => store(home, name, "x"), Error, odd);
    }
    await assertRejects(() => store(home, "db", ""), Error, "from 1 byte to 16 KB");
    await assertRejects(() => store(home, "db", "x".repeat(16_385)), Error, "from 1 byte to 16 KB");
    const most = "x".repeat(16_384);
    await store(home, "db", most);
    assertEquals(await readSecret(home, "db"), most);
    await Deno.writeTextFile(`${home}/secrets/db`, `${most}x`);
    await assertRejects(
      () => readSecret(home, "db"),
      Error,
      "it is larger than 16 KB; make it again",
    );
    await store(home, "db", "geheim");
    if (Deno.build.os === "windows") return;
    await Deno.chmod(`${home}/secrets/db`, 0o644);
    const { message } = await assertRejects(() => readSecret(home, "db"), Error);
    assertEquals(message.includes("geheim"), false);
    assertEquals(/others may read it; make it again with: icinga-warden/.test(message), true);
  });
});

Deno.test("a file in place of the folder is named", async () => {
  await withHome(async (home) => {
    await Deno.writeTextFile(join(home, "secrets"), "");
    const calls = [
      () => listSecrets(home),
      () => readSecret(home, "db"),
      () => store(home, "db", "x"),
      () => removeSecret(home, "db"),
    ];
    const expected = `${join(home, "secrets")} is a file; move it away`;
    for (const call of calls) await assertRejects(call, Error, expected);
  });
});

Deno.test("a folder of secrets that cannot be made is named", async () => {
  await withHome(async (home) => {
    const file = join(home, "file");
    await Deno.writeTextFile(file, "");
    const { message } = await assertRejects(() => store(join(file, "home"), "db", "x"), Error);
    assertMatch(message, /^Cannot make the folder .*secrets: [^']+$/);
  });
});
