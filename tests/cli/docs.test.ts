import { assertEquals } from "@std/assert";
import { narrowTables } from "../../lib/cli/commands/docs.ts";

const PAGE = `Before.

| what    | how it is seen | what is done |
| ------- | -------------- | ------------ |
| it ends | a \\| b         | restarted    |
| a hang  |                | told, and no more than that |

After.
`;

Deno.test("a table of a page that is wider than the terminal is written row by row", () => {
  assertEquals(
    narrowTables(PAGE, 30),
    `Before.

it ends
    how it is seen: a | b
    what is done: restarted

a hang
    what is done: told, and
    no more than that

After.
`,
  );
  assertEquals(narrowTables(PAGE, 80), PAGE);
  assertEquals(narrowTables(PAGE), PAGE);
});
