import { assert, assertEquals } from "@std/assert";
import { probeRuntime } from "../../lib/thread/runtime.ts";

Deno.test("each hole of the runtime is closed by Deno or by icinga-warden, as this version has it", async () => {
  const holes = await probeRuntime();
  const { closedByIcingaWarden, closedByDeno } = holes;
  assertEquals(closedByIcingaWarden.length + closedByDeno.length, 5);
  const isOld = Deno.version.deno.startsWith("2.7.");
  assertEquals(closedByDeno.includes("the runtime's internals, which end the process"), !isOld);
  assertEquals(closedByDeno.includes("Deno.umask, which changes the whole process"), !isOld);
  assert(closedByDeno.includes("imports of files that may not be read"));
});
