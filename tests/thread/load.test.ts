import { assertEquals } from "@std/assert";
import { readsModule } from "../../lib/thread/load.ts";

Deno.test("an exe reads JavaScript from disk, and TypeScript from Deno 2.9 on", () => {
  const cases: [module: string, deno: string, reads: boolean][] = [
    ["file:///C:/home/x.js", "2.7.11", true],
    ["file:///C:/home/x.mjs", "2.7.11", true],
    ["file:///C:/home/x.ts", "2.7.11", false],
    ["file:///C:/home/x.mts", "2.8.0", false],
    ["file:///C:/home/x.ts", "2.9.5", true],
    ["file:///C:/home/x.ts", "2.10.0", true],
    ["file:///C:/home/x.ts", "3.0.0", true],
  ];
  for (const [module, deno, reads] of cases) {
    assertEquals(readsModule(module, deno), reads, `${module} on ${deno}`);
  }
});
