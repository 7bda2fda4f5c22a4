import { assert, assertEquals } from "@std/assert";

Deno.test("a run that skips tests names the command that runs them, once", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "tests/exe/service.test.ts", "tests/exe/commands.test.ts"],
    env: { ICINGA_WARDEN_LINUX_EXE: "/not/there", ICINGA_WARDEN_SKIPPED_NAMED: "" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text.split("SKIPPED: ").length > 2, text);
  assertEquals(text.split("To run the rest: .ci/run").length, 2, text);
});
