import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type RefuseModule, Registry } from "../../lib/registry/registry.ts";
import { parse } from "../config/parse.ts";

const describe = () => "";
const SMALL =
  `import { go } from "./go.js"; export default { name: "small", description: "", run: () => go };`;

async function resolve(refuse?: RefuseModule) {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    await Deno.writeTextFile(join(home, "daemons", "small.js"), SMALL);
    await Deno.writeTextFile(join(home, "daemons", "go.js"), "export const go = 1;");
    const daemons = { small: { module: "daemons/small.js" }, icinga_agent_service: {} };
    const config = parse(JSON.stringify({ daemons, allowUnsafeHome: true }));
    const registry = new Registry(home, refuse);
    const resolved = await registry.resolve({ config, describe });
    return resolved.map(({ problem }) => problem);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a module that others could change is refused, and the built-in daemon runs", async () => {
  const [small, builtin] = await resolve(([file]) => `${file} is everybody's`);
  assertStringIncludes(small!, "Daemon 'small' is not run");
  assertStringIncludes(small!, "small.js is everybody's");
  assertEquals(builtin, undefined);
});

Deno.test("what a module imports is guarded like itself", async () => {
  const [small] = await resolve((files) => files.find((file) => file.endsWith("go.js")));
  assertStringIncludes(small!, "go.js");
});

Deno.test("without a guard it runs", async () => {
  assertEquals(await resolve(), [undefined, undefined]);
});
