import { assert } from "@std/assert";
import { loadFaults } from "./all.ts";
import { missingExe } from "../exe/program.ts";
import type { Fault } from "./fault.ts";
import { tryAll } from "./queue.ts";
import { faultTable, promiseOf, type Result } from "./table.ts";
import type { Held } from "./try.ts";
import { tellSkipped } from "../skipped.ts";

/** Names of files in `cases/`, where not all are to be tried. */
const chosen = Deno.env.get("ICINGA_WARDEN_FAULTS")?.split(",");

const faults = [...(await loadFaults(chosen)).values()];
const results = new Map<Fault, Result>();
let trying: ReturnType<typeof tryAll> | undefined;

/** Begun by the first test, so that the tests that follow find theirs on the way. */
async function outcomeOf(fault: Fault): Promise<Held | undefined> {
  trying ??= tryAll(faults);
  return await trying.get(fault);
}

for (const fault of faults) {
  const missing = missingExe ?? fault.missing?.();
  if (missing) tellSkipped(fault.what, missing);
  Deno.test({
    name: `${fault.what}: ${fault.holds}`,
    ignore: missing !== undefined,
    // Other faults are under way beside this one.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      results.set(fault, { error: "it did not hold" });
      results.set(fault, await outcomeOf(fault));
    },
  });
}

Deno.test({
  name: "every fault is in the table of docs/supervision.md",
  ignore: chosen !== undefined,
  fn: async () => {
    const page = await Deno.readTextFile(new URL("../../docs/supervision.md", import.meta.url));
    const rows = page.split("\n").map((row) => row.replace(/ +/g, " "));
    for (const fault of faults) {
      const row = rows.find((row) => row.startsWith(promiseOf(fault)));
      assert(row, `no row '${promiseOf(fault)}'; make it with 'deno task faults'`);
    }
    // deno-lint-ignore no-console
    console.log(faultTable(results));
  },
});
