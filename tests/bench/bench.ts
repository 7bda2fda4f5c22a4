/**
 * `deno task bench`: every figure, measured side by side in one run, as the table of docs/performance.md.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { agentRows } from "./agent.ts";
import { daemonRows } from "./daemons.ts";
import { fleetRows } from "./fleet/rows.ts";
import { icingaRows } from "./icinga.ts";
import type { Row } from "./row.ts";
import { seeingRows } from "./seeing.ts";
import { soakRows } from "./soak.ts";
import { stateRows } from "./state/rows.ts";
import { supervisionRows } from "./supervision.ts";

/** The parts; all of them are measured unless one is named, as in `deno task bench state`. */
const parts = new Map([
  ["agent", agentRows],
  ["daemons", daemonRows],
  ["state", stateRows],
  ["supervision", supervisionRows],
  ["soak", soakRows],
  ["seeing", seeingRows],
  ["icinga", icingaRows],
  ["fleet", fleetRows],
]);
const rows: Row[] = [];
for (const part of Deno.args.length > 0 ? Deno.args : parts.keys()) {
  rows.push(...await parts.get(part)!());
}

console.log("| figure | measured | held against | ratio | target | met |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const { figure, measured, baseline, ratio, target, met } of rows) {
  console.log(
    `| ${figure} | ${measured} | ${baseline} | ${ratio} | ${target} | ${met ? "yes" : "no"} |`,
  );
}
