import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { Registry } from "../../lib/registry/registry.ts";
import { parse } from "../config/parse.ts";

/** What is wrong with each daemon of a configuration, by its name, in a home with these modules. */
async function problems(
  daemons: Record<string, unknown>,
  modules: Record<string, string>,
): Promise<Record<string, string | undefined>> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    for (const [file, text] of Object.entries(modules)) {
      await Deno.writeTextFile(join(home, "daemons", file), text);
    }
    const config = parse(JSON.stringify({ daemons }));
    const resolved = await new Registry(home).resolve({
      config,
      describe: ({ path, fault, expected }) => `${path.join(".")}: ${fault}; ${expected}`,
    });
    return Object.fromEntries(resolved.map(({ name, problem }) => [name, problem]));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const module = (name: string) => `export default { name: "${name}", description: "", run() {} };`;

Deno.test("a module that is not there is its daemon's problem alone, in both forms", async () => {
  const { gone, away, good, icinga_agent_service } = await problems(
    { gone: {}, away: { module: "daemons/away.js" }, good: {}, icinga_agent_service: {} },
    { "good.js": module("good") },
  );
  assertEquals(
    gone,
    'daemons.gone: no built-in daemon of this name, and no module gone.ts, .js or .mjs in daemons/; did you mean "good"?, or name a "module"',
  );
  assertMatch(away!, /away\.js: is not there/);
  assertEquals([good, icinga_agent_service], [undefined, undefined]);
});

Deno.test("of two modules of one name neither is run, unless the entry says which", async () => {
  const { two, one } = await problems(
    { two: {}, one: { module: "daemons/one.mjs" } },
    { "two.js": "", "two.mjs": "", "one.js": "", "one.mjs": module("one") },
  );
  assertMatch(two!, /two\.js: two\.mjs beside it has the same name; keep one, or/);
  assertEquals(one, undefined);
});
