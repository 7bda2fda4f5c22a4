import { assertEquals, assertMatch } from "@std/assert";

/** Runs tests as `deno task test` does; returns what it prints, and its exit code. */
async function runTests(...args: string[]): Promise<{ text: string; code: number }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/test.ts", ...args],
    env: { ICINGA_WARDEN_LINUX_EXE: "/not/there", NO_COLOR: "1" },
    stderr: "null",
  }).output();
  return { text: new TextDecoder().decode(stdout), code };
}

Deno.test("a run that skips tests names at its end the command that runs them", async () => {
  const { text, code } = await runTests("tests/exe/service.test.ts", "tests/exe/commands.test.ts");
  const count = text.split("SKIPPED: ").length - 1;
  assertEquals([count > 1, code], [true, 0], text);
  assertMatch(
    text,
    new RegExp(`\\n${count} tests or groups .* skipped\\. To run them: \\.ci/run\\n$`),
  );
});

Deno.test("a run that fails, or skips none, ends with the code of the tests and no more words", async () => {
  const whole = await runTests("tests/base/units.test.ts");
  assertEquals([whole.code, whole.text.includes("skipped. To run")], [0, false], whole.text);
  const { code } = await runTests(
    "tests/base/units.test.ts",
    "--filter",
    "/no such test/",
    "--nonsense",
  );
  assertEquals(code, 1);
});
