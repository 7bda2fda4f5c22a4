import { assertEquals } from "@std/assert";
import { formatValue, hintAt } from "../../lib/cli/commands/get.ts";

Deno.test("where there is nothing the nearest path is named, or its beginning, and never all", () => {
  const paths = ["Agent.Info.pid", "Daemons.disk.Free.C:", "Daemons.evil.Map.\x1b[2J"];
  assertEquals(hintAt("dsk", paths), 'did you mean "disk"?');
  assertEquals(hintAt("Agent.Inf", paths), 'did you mean "Agent.Info"?');
  assertEquals(hintAt("evil.Map.[2J", paths), 'did you mean "evil.Map.\ufffd[2J"?');
  assertEquals(hintAt("something else", paths), "");
});

Deno.test("no value turns a terminal round", () => {
  assertEquals(formatValue("a\u202eb\u2066c\x1b"), "a\ufffdb\ufffdc\ufffd");
});
