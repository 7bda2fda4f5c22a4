import { assert, assertEquals } from "@std/assert";
import { builtinDaemons, configureProbes } from "../../daemons/mod.ts";
import { formatDuration } from "../../lib/base/mod.ts";

const page = Deno.readTextFileSync(new URL("../../docs/icinga.md", import.meta.url));

/** The cells of the rows below a heading. */
function rowsOf(heading: string): string[][] {
  const [, part = ""] = page.split(`\n## ${heading}\n`);
  const lines = part.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("each failure that docs/icinga.md tells of names a test that there is", () => {
  const rows = rowsOf("What goes wrong, and what is done");
  assert(rows.length >= 20);
  const missing = rows.filter(([, , , , test = ""]) => {
    const [, name, path] = /^\[(.+)\]\((.+)\)$/.exec(test) ?? [];
    const file = new URL(path ?? "none", new URL("../../docs/", import.meta.url));
    const names =
      Deno.readTextFileSync(file).match(/(?:Deno\.test\(|testWindows\(|name:)\s*"[^"]+"/g) ?? [];
    return !names.some((found) => found.includes(name!));
  });
  assertEquals(missing, []);
});

Deno.test("each setting that docs/icinga.md names for a failure is an argument, or a probe", () => {
  const probes = configureProbes([]).map(({ name }) => name);
  const specs = builtinDaemons.get("icinga_agent_service")!.definition.arguments!;
  const known = new Set([...probes, ...Object.keys(specs), "pause"]);
  const named = rowsOf("What goes wrong, and what is done").flatMap(([, , , setting = ""]) =>
    [...setting.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
  );
  assert(named.length >= 15);
  assertEquals(named.filter((name) => !known.has(name)), []);
});

Deno.test("the probes on the page are those that there are, with their defaults", () => {
  const said = rowsOf("Probes").map(([name = "", , after = "", action = ""]) => [
    name.replaceAll("`", ""),
    after.replaceAll(" ", "").replace("min", "m"),
    action.replaceAll("`", ""),
  ]);
  const probes = configureProbes([])
    .map(({ name, failAfter, action }) => [name, formatDuration(failAfter), action]);
  assertEquals(said.sort(), probes.sort());
});
