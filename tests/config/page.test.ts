import { assert, assertEquals } from "@std/assert";
import { configSchema } from "../../lib/config/json_schema.ts";
import { builtin, complaints } from "./parse.ts";
import { keys } from "./schema_keys.ts";

const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));

/** The tables' rows by the name in their first column, without its backticks; arguments with their daemon's name. */
const rows = new Map<string, { value: string }>();
let daemon = "";
for (const line of page.split("\n")) {
  daemon = /^##+ (?:Arguments of `(\w+)`)?/.exec(line)?.[1] ?? (line.startsWith("#") ? "" : daemon);
  if (!line.startsWith("|")) continue;
  const [, name, , value] = line.split("|").map((cell) => cell.trim().replace(/^`(.*)`$/, "$1"));
  rows.set(daemon ? `${daemon} ${name}` : name!, { value: value! });
}

/** The page's first block of code of a language. */
function block(language: string): string {
  return new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, "s").exec(page)![1]!;
}

Deno.test("the page has a row for every key and for every built-in argument, with its default", () => {
  for (const [path, schema] of keys(configSchema(builtin))) {
    const [, daemon, argument] = /^daemons\.(\w+)(?:\.arguments\.(\w+))?/.exec(path) ?? [];
    if (daemon && !argument) continue;
    const row = rows.get(argument ? `${daemon} ${argument}` : path);
    assert(row, `no row for ${path}`);
    if (schema.default === undefined) assert(row.value.startsWith("none"), path);
    else assertEquals(JSON.parse(row.value), schema.default, path);
  }
});

Deno.test("the page's example is right", () => {
  assertEquals(complaints(block("jsonc")), []);
});

Deno.test("the errors on the page are those that are said", () => {
  const text = `{
  "daemons": {
    "icinga_agent_service": { "arguments": { "interwal": "5s" } },
    "disk": { "module": "disk" },
  },
  "log": { "level": "loud" },
}`;
  const said = complaints(text).map((line) =>
    `C:\\Program Files\\icinga-warden\\icinga-warden.json:${line}`
  );
  assertEquals(block("text").split("\n"), said);
});
