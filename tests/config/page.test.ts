import { assert, assertEquals } from "@std/assert";
import { configSchema } from "../../lib/config/json_schema.ts";
import { builtin, complaints } from "./parse.ts";
import { keys } from "./schema_keys.ts";

const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));

/** The tables' rows by the name in their first column, without its backticks. */
const rows = new Map(
  page.split("\n").filter((line) => line.startsWith("|")).map((line) => {
    const [, name, type, value] = line.split("|").map((cell) =>
      cell.trim().replace(/^`(.*)`$/, "$1")
    );
    return [name, { type, value }];
  }),
);

/** The page's first block of code of a language. */
function block(language: string): string {
  return new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, "s").exec(page)![1]!;
}

Deno.test("the page has a row for every key and for every built-in argument, with its default", () => {
  for (const [path, schema] of keys(configSchema(builtin))) {
    const [, argument] = /^daemons\.icinga_agent_service\.arguments\.(\w+)$/.exec(path) ?? [];
    if (path.startsWith("daemons.icinga_agent_service") && !argument) continue;
    const row = rows.get(argument ?? path);
    assert(row, `no row for ${path}`);
    if (schema.default === undefined) assert(row.value!.startsWith("none"), path);
    else assertEquals(JSON.parse(row.value!), schema.default, path);
  }
});

Deno.test("the page's example is right", () => {
  assertEquals(complaints(block("jsonc")), []);
});

Deno.test("the errors on the page are those that are said", () => {
  const text = `{
  "daemons": {
    "icinga_agent_service": { "arguments": { "interwal": "5s" } },
    "disk": {},
  },
  "log": { "level": "loud" },
}`;
  const said = complaints(text).map((line) => `C:\\icinga-warden\\icinga-warden.json:${line}`);
  assertEquals(block("text").split("\n"), said);
});
