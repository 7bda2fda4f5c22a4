import { assertEquals } from "@std/assert";
import { formatRange, isInRange, parseRange } from "../../lib/control/health.ts";

/** The examples of the Monitoring Plugins guidelines, and some beside: range, what is well, what alerts. */
const CASES: [text: string, well: number[], alerts: number[]][] = [
  ["10", [0, 5, 10], [-1, 10.1, 11]],
  ["10:", [10, 1e9], [9, -1]],
  ["~:10", [-1e9, 10], [11]],
  ["10:20", [10, 20], [9, 21]],
  ["@10:20", [9, 21], [10, 15, 20]],
  ["@10", [-1, 11], [0, 10]],
  ["-5:-1", [-5, -1], [-6, 0]],
  [":5", [0, 5], [-1, 6]],
  ["0.5:1.5", [0.5, 1.5], [0.4, 2]],
  [".5", [0, 0.5], [0.6, -1]],
  ["5.", [5], [6]],
  ["-5:5", [-5, 5], [-6, 6]],
  ["-.5:.5", [-0.5], [-0.6, 0.6]],
  ["0", [0], [1, -1]],
  ["0:", [0, 1e9], [-1]],
  ["~:", [-1e9, 1e9], []],
];

Deno.test("a threshold alerts as the guidelines say, and is written as it was read", () => {
  for (const [text, well, alerts] of CASES) {
    const range = parseRange(text)!;
    for (const value of well) assertEquals(isInRange(value, range), true, `${text} ${value}`);
    for (const value of alerts) assertEquals(isInRange(value, range), false, `${text} ${value}`);
    assertEquals(parseRange(formatRange(range)), range, text);
  }
});

Deno.test("what is no threshold is none", () => {
  for (
    const text of ["", "x", "10:5", "@", ":", "~", "1:2:3", "1 2", "@@1", "1e3", "--1", ".", "1..2"]
  ) {
    assertEquals(parseRange(text), undefined, text);
  }
});
