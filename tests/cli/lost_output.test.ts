import { assertEquals } from "@std/assert";
import { runCommandLine } from "../../lib/cli/mod.ts";
import { printed, replaced } from "./printed.ts";

/** Runs a command line whose output cannot be written. */
async function unwritable(error: Error, ...args: string[]) {
  const { code, errors } = await printed(async () => {
    const restore = replaced(Deno.stdout, "writeSync", () => {
      throw error;
    });
    try {
      return await runCommandLine(args);
    } finally {
      restore();
    }
  });
  return [code, errors];
}

Deno.test("who reads no more is no failure, and a full disk is one", async () => {
  assertEquals(await unwritable(new Deno.errors.BrokenPipe("gone"), "version"), [0, ""]);
  assertEquals(await unwritable(new Deno.errors.BadResource("gone"), "version"), [0, ""]);
  const said = "icinga-warden: Cannot write to standard output: Error: no room";
  assertEquals(await unwritable(new Error("no room"), "version"), [1, said]);
  assertEquals(await unwritable(new Error("no room"), "check", "--timeout", "0"), [3, ""]);
});
