/**
 * `deno task bench`: every figure, measured side by side in one run, as the table of docs/performance.md.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { agentRows } from "./agent.ts";
import { seeingRows } from "./seeing.ts";
import { supervisionRows } from "./supervision.ts";

console.log("| figure | measured | held against | ratio | target | met |");
console.log("| --- | --- | --- | --- | --- | --- |");
const rows = [...await agentRows(), ...await seeingRows(), ...await supervisionRows()];
for (const { figure, measured, baseline, ratio, target, met } of rows) {
  console.log(
    `| ${figure} | ${measured} | ${baseline} | ${ratio} | ${target} | ${met ? "yes" : "no"} |`,
  );
}
