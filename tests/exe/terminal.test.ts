import { assertEquals, assertStringIncludes } from "@std/assert";
import { CTRL_C, testExe } from "./program.ts";

testExe("on a terminal its records are in colour", async (bench) => {
  const { code, stdout } = await bench.runOnTerminal("--foreground", "--simulate", "--for", "1s");
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, "\u001b[");
});

testExe("on a terminal a daemon is refused what it may not, and nobody is asked", async (bench) => {
  await bench.write(
    "asks.js",
    `export default { name: "asks", description: "", run: () => Deno.readTextFile("/etc/hostname") };`,
  );
  await bench.write(
    "icinga-warden.json",
    JSON.stringify({ daemons: { asks: { module: "asks.js" } } }),
  );
  const agent = bench.startOnTerminal("--foreground", "--simulate");
  await agent.printed(/asks.*Requires read access to "\/etc\/hostname"/);
  await agent.type(CTRL_C);
  const { code, stdout } = await agent.ended;
  assertEquals(code, 0, stdout);
});
