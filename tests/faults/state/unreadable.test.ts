import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

Deno.test("what cannot be read on the channel ends no thread, and the state goes on", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(import.meta.resolve("./unreadable.ts"))],
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], text);
  assertMatch(text, /^honest: \[\[\["k","after"\]\],\[\]\]$/m);
  assertEquals(text.match(/^warning: /gm)?.length ?? 0, Deno.version.deno < "2.8" ? 1 : 0);
});
