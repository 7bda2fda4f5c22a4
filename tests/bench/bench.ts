/**
 * `deno task bench`: every figure, measured side by side in one run, as the table of docs/performance.md.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { suggest } from "../../lib/base/mod.ts";
import { missingExe } from "../exe/program.ts";
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
const named = Deno.args.length > 0 ? Deno.args : [...parts.keys()];
const refusal = named.map(refuse).find((why) => why !== undefined);
if (refusal !== undefined) {
  console.error(`bench: ${refusal}`);
  Deno.exit(2);
}
const rows: Row[] = [];
for (const part of named) rows.push(...await parts.get(part)!());

console.log("| figure | measured | held against | ratio | target | met |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const { figure, measured, baseline, ratio, target, met } of rows) {
  console.log(
    `| ${figure} | ${measured} | ${baseline} | ${ratio} | ${target} | ${met ? "yes" : "no"} |`,
  );
}

/** Why a part cannot be measured; all but the state's run the exe. */
function refuse(part: string): string | undefined {
  if (!parts.has(part)) return `There is no part '${part}'; ${suggest(part, [...parts.keys()])}`;
  return part === "state" ? undefined : missingExe;
}
