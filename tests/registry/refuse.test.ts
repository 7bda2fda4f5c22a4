import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Registry } from "../../lib/registry/registry.ts";
import { parse } from "../config/parse.ts";

const describe = () => "";
const SMALL = `export default { name: "small", description: "", run() {} };`;

async function resolve(allowUnsafeHome: boolean) {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    await Deno.writeTextFile(join(home, "daemons", "small.js"), SMALL);
    const daemons = { small: { module: "daemons/small.js" }, icinga_agent_service: {} };
    const config = parse(JSON.stringify({ daemons, allowUnsafeHome }));
    const registry = new Registry(home, (file) => `${file} is everybody's`);
    const resolved = await registry.resolve({ config, describe });
    return resolved.map(({ problem }) => problem);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a module that others could change is refused, and the built-in daemon runs", async () => {
  const [small, builtin] = await resolve(false);
  assertStringIncludes(small!, "Daemon 'small' is not run");
  assertStringIncludes(small!, "small.js is everybody's");
  assertEquals(builtin, undefined);
});

Deno.test("a configuration that allows it runs it all the same", async () => {
  assertEquals(await resolve(true), [undefined, undefined]);
});
