/**
 * `deno task faults`: tries every fault and writes what came of it into docs/supervision.md.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { fileURLToPath } from "node:url";
import { loadFaults } from "./all.ts";
import type { Fault } from "./fault.ts";
import { tryAll } from "./queue.ts";
import type { Held } from "./try.ts";

const PAGE = fileURLToPath(new URL("../../docs/supervision.md", import.meta.url));

/** What came of a fault; undefined: it could not be tried here. */
export type Result = Held | { error: string } | undefined;

/** The first columns of a fault's row: what is done, and what must hold. */
export function promiseOf({ what, holds }: Fault): string {
  return `| ${cell(what)} | ${cell(holds)} |`;
}

/** A table of faults and what came of them. */
export function faultTable(results: ReadonlyMap<Fault, Result>): string {
  const rows = [...results].map(([fault, result]) =>
    `${promiseOf(fault)} ${describeHeld(result)} | ${describeRecovery(result)} | ${
      fault.windows ? "yes" : ""
    } |`
  );
  return [
    "| what goes wrong | what holds | held | running again after | tried on Windows |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function describeHeld(result: Result): string {
  if (result === undefined) return "not tried";
  return "error" in result ? "NO" : "yes";
}

function describeRecovery(result: Result): string {
  if (!result || "error" in result || result.recovered === undefined) return "";
  return `${(result.recovered / 1_000).toFixed(1)} s`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Puts a table in the place of the one that a page has. */
export function replaceTable(page: string, table: string): string {
  return page.replace(/^\| what goes wrong(.|\n)*?\n(?!\|)/m, () => `${table}\n`);
}

if (import.meta.main) {
  const faults = [...(await loadFaults()).values()];
  const results = new Map<Fault, Result>();
  for (const [fault, tried] of tryAll(faults)) {
    results.set(fault, await tried.catch((error) => ({ error: String(error.message) })));
  }
  const table = faultTable(results);
  console.log(table);
  Deno.writeTextFileSync(PAGE, replaceTable(Deno.readTextFileSync(PAGE), table));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", PAGE] }).output();
  const failed = [...results.values()].filter((result) => result && "error" in result);
  for (const result of failed) console.error(result);
  Deno.exit(failed.length > 0 ? 1 : 0);
}
