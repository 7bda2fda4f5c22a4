import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testExe } from "./program.ts";

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
  const { code, stdout } = await bench.runOnTerminal("--foreground", "--simulate", "--for", "2s");
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /asks.*Requires read access to "\/etc\/hostname"/);
});
