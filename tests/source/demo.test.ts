import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const PARTS = ["daemons", "deno.json", "deno.lock", "lib", "main.ts", "types"];

/** What a clone holds of the program, and nothing that an earlier run has left. */
async function freshCheckout(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "warden checkout " });
  for (const part of PARTS) await copy(`${CHECKOUT}/${part}`, `${folder}/${part}`);
  return folder;
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

Deno.test("in a fresh checkout the demo task shows a crash and a recovery, and ends by itself", async () => {
  const folder = await freshCheckout();
  try {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "demo", "--for", "30s"],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stderr: "inherit",
    }).output();
    const log = new TextDecoder().decode(stdout);
    assertEquals(code, 0, log);
    assertMatch(log, /is RUNNING[^]*is STOPPED[^]*\(restart_error 1\)[^]*\(restart_error 0\)/);
    assertMatch(log, /agent: Stopped\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
