import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { rewriteConfig } from "../../lib/config/rewrite.ts";

Deno.test("where the new text cannot be put in place, the old stands and nothing is left beside it", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "icinga-warden.json");
  const edit = () => {
    // Nothing can be renamed to the name of a folder that holds something.
    Deno.mkdirSync(join(file, "x"), { recursive: true });
    return "{}";
  };
  await assertRejects(() => rewriteConfig(file, { edit, check: () => {} }), Error);
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["icinga-warden.json"]);
  await Deno.remove(folder, { recursive: true });
});
