import { assertEquals } from "@std/assert";
import { describeProblem } from "../../lib/base/mod.ts";
import {
  type ArgumentSpec,
  type ArgumentSpecs,
  readArguments,
} from "../../lib/daemon/arguments.ts";

const specs = {
  service: { type: "string", default: "icinga2", description: "the service" },
  mode: { type: "string", default: "soft", oneOf: ["soft", "hard"], description: "how" },
  limit: { type: "number", default: 5, min: 1, max: 10, integer: true, description: "how many" },
  loud: { type: "boolean", default: false, description: "whether" },
  interval: { type: "duration", default: "5s", min: "1s", max: "1h", description: "how often" },
  room: { type: "size", default: "64KB", min: "1KB", description: "how much" },
  drives: { type: "list", default: ["C:"], description: "which" },
} as const satisfies ArgumentSpecs;

function complaints(specs: ArgumentSpecs, given: unknown): string[] {
  return readArguments(specs, given).problems.map(describeProblem);
}

Deno.test("without arguments the defaults hold, durations in ms and sizes in bytes", () => {
  const { values, problems } = readArguments(specs, undefined);
  assertEquals(problems, []);
  assertEquals(values, {
    service: "icinga2",
    mode: "soft",
    limit: 5,
    loud: false,
    interval: 5000,
    room: 65_536,
    drives: ["C:"],
  });
});

Deno.test("given arguments go before the defaults, and are typed by their specs", () => {
  const { values } = readArguments(specs, { interval: "2m", loud: true, drives: [], limit: 10 });
  const typed: { interval: number; loud: boolean; drives: readonly string[]; limit: number } =
    values;
  assertEquals([typed.interval, typed.loud, typed.drives, typed.limit], [120_000, true, [], 10]);
});

Deno.test("an unknown argument is answered with the one that was meant", () => {
  assertEquals(complaints(specs, { interwal: "5s", toString: 1 }), [
    'interwal: unknown argument; did you mean "interval"?',
    "toString: unknown argument; known: service, mode, limit, loud, interval, room, drives",
  ]);
  assertEquals(complaints({}, { x: 1 }), ["x: unknown argument; none is known here"]);
});

Deno.test("an argument without a default must be given", () => {
  const drive: ArgumentSpec = { type: "string", description: "the drive to watch" };
  assertEquals(complaints({ drive }, {}), [
    "drive: missing; it has no default: the drive to watch",
  ]);
  assertEquals(complaints({ drive }, { drive: "C:" }), []);
  assertEquals(complaints({ drive }, { drive: null }), [
    "drive: got null; expected text in double quotes",
  ]);
});

Deno.test("every wrong argument is a problem, and the right ones keep their values", () => {
  const given = {
    service: 5,
    mode: "HARD",
    limit: 1.5,
    loud: "yes",
    interval: "0s",
    room: 1024,
    drives: "C:",
  };
  const { values, problems } = readArguments(specs, given);
  assertEquals<unknown>(values, {});
  assertEquals(problems.map(describeProblem), [
    "service: got 5; expected text in double quotes",
    'mode: got "HARD"; expected one of "soft", "hard"',
    "limit: got 1.5; expected a whole number, from 1 to 10",
    'loud: got "yes"; expected true or false',
    'interval: got "0s"; expected a duration such as 500ms, 5s, 2m or 1h, from 1s to 1h',
    "room: got 1024; expected a size such as 64KB, 10MB or 1GB, at least 1KB",
    'drives: got "C:"; expected a list of texts in square brackets',
  ]);
  assertEquals<unknown>(readArguments(specs, { ...given, loud: true }).values, { loud: true });
});

Deno.test("numbers that JSON can write and nobody means are refused", () => {
  for (const limit of [Infinity, -Infinity, NaN, 0, 11]) {
    assertEquals(complaints(specs, { limit }).length, 1, String(limit));
  }
  const any: ArgumentSpec = { type: "number", description: "" };
  assertEquals(complaints({ any }, { any: Infinity }), [
    "any: got a number too large to hold; expected a number",
  ]);
  assertEquals(complaints({ any }, { any: -1.5 }), []);
});

Deno.test("a daemon's own check says what would be right, for a text and each item of a list", () => {
  const check = (text: string) => /^[A-Z]:$/.test(text) ? undefined : "expected a drive such as C:";
  const own: ArgumentSpecs = {
    drive: { type: "string", default: "C:", check, description: "" },
    more: { type: "list", default: [], check, description: "" },
  };
  assertEquals(complaints(own, { drive: "D:", more: ["E:"] }), []);
  const once = (item: string, before: readonly string[] = []) =>
    before.includes(item) ? "expected each once" : undefined;
  const list: ArgumentSpecs = { some: { type: "list", check: once, description: "" } };
  assertEquals(complaints(list, { some: ["a", "b", "a"] }), [
    'some.2: got "a"; expected each once',
  ]);
  assertEquals(complaints(own, { drive: "D", more: ["E:", "F", 7] }), [
    'drive: got "D"; expected a drive such as C:',
    'more.1: got "F"; expected a drive such as C:',
    "more.2: got 7; expected text in double quotes",
  ]);
});

Deno.test("arguments that do not fit together are a problem, once each is right by itself", () => {
  const checkTogether = ({ warning, critical }: { warning: number; critical: number }) =>
    critical < warning ? undefined : "expected less than warning";
  const own: ArgumentSpecs = {
    warning: { type: "duration", default: "5m", description: "" },
    critical: { type: "duration", default: "2m", checkTogether, description: "" },
  };
  const cases: [given: object, complaints: string[]][] = [
    [{}, []],
    [{ warning: "121s" }, []],
    [{ warning: "2m" }, ['critical: got "2m"; expected less than warning']],
    [{ critical: "300000ms" }, ['critical: got "300000ms"; expected less than warning']],
    [{ critical: "1h", other: 1 }, [
      "other: unknown argument; known: warning, critical",
      'critical: got "1h"; expected less than warning',
    ]],
    [{ critical: "1h", warning: 1 }, [
      "warning: got 1; expected a duration such as 500ms, 5s, 2m or 1h",
    ]],
  ];
  for (const [given, expected] of cases) assertEquals(complaints(own, given), expected);
});

Deno.test("a list that has to hold something is refused when it holds too little", () => {
  const own: ArgumentSpecs = { drives: { type: "list", minItems: 2, description: "" } };
  const expected = "expected a list of texts in square brackets, at least 2";
  assertEquals(complaints(own, { drives: ["C:", "D:"] }), []);
  assertEquals(complaints(own, { drives: [] }), [`drives: got an empty array; ${expected}`]);
  assertEquals(complaints(own, { drives: ["C:"] }), [`drives: got an array; ${expected}`]);
  assertEquals(complaints(own, { drives: "C:" }), [`drives: got "C:"; ${expected}`]);
});

Deno.test("arguments that are no object are refused as a whole", () => {
  assertEquals(complaints(specs, []), ["got an empty array; expected an object of arguments"]);
  assertEquals(complaints(specs, null), ["got null; expected an object of arguments"]);
});

Deno.test("a hundred thousand wrong items are a hundred thousand problems", () => {
  assertEquals(readArguments(specs, { drives: Array(100_000).fill(1) }).problems.length, 100_000);
});
