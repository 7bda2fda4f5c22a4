import { assert, assertEquals } from "@std/assert";
import { testExe } from "../exe/program.ts";
import { blocks } from "./page.ts";
import { startAgent } from "./tool.ts";

testExe("every command on the page does what it says, on a running agent", async (bench) => {
  await startAgent(bench, "crash=1h", { listen: "127.0.0.1:0" });
  const lines = blocks("")[0]!.trim().split("\n");
  assert(lines.length > 10);
  for (const line of lines) {
    const [program, ...args] = line.split(" ");
    assertEquals(program, "icinga-warden");
    const { code, stderr } = await bench.run(...args);
    assertEquals([code, stderr], [0, ""], line);
  }
});
