import { assert, assertEquals, assertMatch } from "@std/assert";
import { exampleObjects } from "../../lib/cli/commands/report_example.ts";
import { hasIcinga, loadFiles } from "../icinga/nodes.ts";
import { fleetFiles } from "./page.ts";

Deno.test("the page shows what report example prints for its hosts", () => {
  const shown = fleetFiles("A master").get("zones.d/master/icinga-warden.conf")!;
  const printed = exampleObjects(["windows1", "windows2"]);
  assertEquals(shown.trimEnd(), printed.slice(printed.indexOf("template")).trimEnd());
});

// deno-lint-ignore no-console
if (!hasIcinga) console.log("SKIPPED: the files of docs/fleet.md: there is no icinga2 here");

for (
  const [title, services] of [["A master", 5], ["With satellites", 2]] as const
) {
  Deno.test({
    name: `icinga2 daemon -C takes the files of docs/fleet.md: ${title} (needs icinga2)`,
    ignore: !hasIcinga,
    async fn() {
      const files = fleetFiles(title);
      assert(files.size > 1);
      const { code, said } = await loadFiles(files);
      assertEquals(code, 0, said);
      assertMatch(said, new RegExp(`Instantiated ${services} Services`), said);
      assertMatch(said, /Instantiated \d ApiUsers?\./, said);
    },
  });
}
