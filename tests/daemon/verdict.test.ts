import { assertEquals, assertThrows } from "@std/assert";
import { makeVerdict, readVerdict } from "../../lib/daemon/verdict.ts";

const NOW = Date.parse("2026-01-01T00:00:00.000Z");
const AT = "2026-01-01T00:00:00.000Z";

Deno.test("a verdict has a level, a text, numbers and an end, and is read as it was made", () => {
  const full = {
    value: 3e9,
    unit: "B",
    warning: "1000000000:",
    critical: "@0:5",
    min: 0,
    max: 1e12,
  };
  const cases: [given: unknown[], verdict: Record<string, unknown>][] = [
    [["ok", "all well", {}, {}], { level: "ok", text: "all well", at: AT, numbers: {} }],
    [["critical", "", { free: 3, "C:\\": full }, { ttl: "5m" }], {
      ...{ level: "critical", text: "", at: AT, until: "2026-01-01T00:05:00.000Z" },
      numbers: { free: { value: 3 }, "C:\\": full },
    }],
    [["unknown", "x", {}, { ttl: 1_500 }], {
      ...{ level: "unknown", text: "x", at: AT, until: "2026-01-01T00:00:01.500Z", numbers: {} },
    }],
  ];
  const name = "n".repeat(64);
  const many = Object.fromEntries(Array(50).fill(0).map((_, i) => [`${i}`, { value: i }]));
  cases.push([["ok", "", many, {}], { level: "ok", text: "", at: AT, numbers: many }]);
  cases.push([["warning", "x".repeat(1_001), { [name]: 1 }, { ttl: 999_999_999_999 }], {
    ...{ level: "warning", text: `${"x".repeat(999)}…`, at: AT },
    ...{ until: "2057-09-09T01:46:39.999Z", numbers: { [name]: { value: 1 } } },
  }]);
  for (const [[level, text, numbers, options], expected] of cases) {
    const verdict = makeVerdict(level, text, numbers, options, NOW);
    assertEquals(verdict as unknown, expected);
    assertEquals(readVerdict(verdict), verdict);
  }
});

Deno.test("what is wrong with a verdict is named, with what would be right", () => {
  const cases: [given: unknown[], message: string][] = [
    [
      ["fine", "x", {}, {}],
      'level: got "fine"; expected one of "ok", "warning", "critical", "unknown"',
    ],
    [[undefined, "x", {}, {}], "level: got nothing; expected one of"],
    [["y".repeat(200), "x", {}, {}], `level: got "${"y".repeat(60)}..."; expected one of`],
    [["ok", 7, {}, {}], "text: got 7; expected text in quotes"],
    [["ok", "x", [], {}], "numbers: got an empty array; expected an object"],
    [["ok", "x", { free: "3" }, {}], 'numbers.free: got "3"; expected a number, or { value, unit'],
    [["ok", "x", { free: NaN }, {}], "numbers.free: got NaN; expected a number"],
    [
      ["ok", "x", { free: { value: 1, unit: "GB" } }, {}],
      'numbers.free.unit: got "GB"; expected one of "", "s", "B", "%", "c"',
    ],
    [
      ["ok", "x", { free: { value: 1, warning: "1|2=3" } }, {}],
      'free.warning: got "1|2=3"; expected a range in quotes, such as "10:"',
    ],
    [["ok", "x", { n: { value: 1, warning: "1".repeat(41) } }, {}], "expected a range in quotes"],
    [
      ["ok", "x", { free: { value: 1, critical: 5 } }, {}],
      "free.critical: got 5; expected a range in",
    ],
    [["ok", "x", { free: { value: 1, min: "x" } }, {}], 'free.min: got "x"; expected a number'],
    [["ok", "x", { free: { value: 1, max: NaN } }, {}], "free.max: got NaN; expected a number"],
    [["ok", "x", { free: { min: 5 } }, {}], "free.value: got nothing; expected a number"],
    [
      ["ok", "x", { free: { value: 1, unti: "B" } }, {}],
      'free.unti: unknown key; did you mean "unit"?',
    ],
    [["ok", "x", {}, { tll: "5m" }], 'options.tll: unknown key; did you mean "ttl"?'],
    [["ok", "x", {}, "5m"], 'options: got "5m"; expected { ttl }'],
    [["ok", "x", { "a=1;2": 1 }, {}], 'numbers."a=1;2": unusable name; expected letters, digits'],
    [["ok", "x", { ["n".repeat(65)]: 1 }, {}], "blanks and _ . : \\ / -, at most 64 characters"],
    [
      ["ok", "x", Object.fromEntries(Array(51).fill(0).map((_, i) => [i, i])), {}],
      "51 numbers; expected 50 at most",
    ],
    [["ok", "x", {}, { ttl: "soon" }], 'options.ttl: got "soon"; expected ms or a duration such'],
    [["ok", "x", {}, { ttl: 1e12 }], "ttl: got 1000000000000; expected ms or a duration"],
    [["ok", "x", {}, { ttl: NaN }], "ttl: got NaN; expected ms or a duration"],
    [["ok", "x", {}, { ttl: 0 }], "ttl: got 0; expected ms or a duration"],
  ];
  for (const [[level, text, numbers, options], message] of cases) {
    const make = () => makeVerdict(level, text, numbers, options, NOW);
    assertThrows(make, TypeError, message);
  }
});

Deno.test("what is no verdict in the public state is none", () => {
  const verdict = { level: "ok", text: "x", at: AT, numbers: {} };
  const wrong = [
    ...[undefined, null, "ok", [], {}, { ...verdict, level: "CRITICAL" }, { ...verdict, text: 1 }],
    ...[{ ...verdict, at: "then" }, { ...verdict, until: "then" }],
    { ...verdict, numbers: { "x | y": 1 } },
  ];
  for (const value of wrong) assertEquals(readVerdict(value), undefined);
});
