import { assertEquals } from "@std/assert";
import { describeDefinition, refuseDefinition, refuseFileName } from "../../lib/daemon/check.ts";

const right = { name: "x", description: "does it", run: () => {} };
const FREE = { type: "gauge", unit: "bytes", help: "Free space" };
const MANY = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`m${n}`, FREE]));
const NAMED = { name: { type: "string", description: "" } };
const EXPORT = "expected export default { name, description, run }";

Deno.test("what a module exports is a daemon, or what is wrong is said", () => {
  const cases: [exported: unknown, refusal: string | undefined][] = [
    [right, undefined],
    [{ ...right, description: "" }, undefined],
    [{ name: "x", run() {} }, undefined],
    [{ ...right, description: null }, "description: got null; expected text in quotes"],
    [undefined, `has no default export; ${EXPORT}`],
    [null, `its default export is null; ${EXPORT}`],
    [42, `its default export is a number; ${EXPORT}`],
    [[right], `its default export is an array; ${EXPORT}`],
    [() => {}, `its default export is a function; ${EXPORT}`],
    [{}, 'name: got nothing; add the name of its file: name: "x"'],
    [
      { ...right, name: "X-1" },
      'name: got "X-1"; expected small letters, digits and _, a letter first, at most 64',
    ],
    [{ ...right, name: "y" }, 'name: got "y"; expected "x", the name of its file'],
    [{ ...right, description: 7 }, "description: got 7; expected text in quotes"],
    [{ ...right, run: undefined }, "run: got nothing; add a function: run(context) { ... }"],
    [{ ...right, permission: {} }, 'permission: unknown key; did you mean "permissions"?'],
    [{ ...right, arguments: [] }, "arguments: got an empty array; expected an object: { ... }"],
    [
      { ...right, arguments: { drive: "C:" } },
      'arguments.drive: got "C:"; expected { type, description }',
    ],
    [
      { ...right, arguments: { drive: { type: "text", description: "" } } },
      'arguments.drive.type: got "text"; expected one of "string", "number", "boolean", "duration", "size", "list"',
    ],
    [
      { ...right, arguments: { every: { type: "duration", description: "", default: 5 } } },
      "arguments.every.default: got 5; expected a duration such as 500ms, 5s, 2m or 1h",
    ],
    [
      { ...right, arguments: { every: { type: "duration", description: "", min: "soon" } } },
      'arguments.every.min: got "soon"; expected a duration such as 500ms, 5s, 2m or 1h',
    ],
    [
      { ...right, maps: { Drives: { description: "", metrics: { free: FREE } } } },
      undefined,
    ],
    [
      { ...right, maps: { Drives: { description: "", metrics: { Free: FREE } } } },
      "maps.Drives.metrics.Free: unusable name; expected small letters, digits and _, a letter first, at most 64, without _total at its end",
    ],
    [
      {
        ...right,
        maps: { Drives: { description: "", metrics: { free: { ...FREE, unit: "GB" } } } },
      },
      'maps.Drives.metrics.free.unit: got "GB"; expected one of "seconds", "bytes", "ratio", "celsius", "meters", "grams", "volts", "amperes", "joules"',
    ],
    [
      { ...right, maps: { Drives: { description: "", metrics: { free: { type: "gauge" } } } } },
      "maps.Drives.metrics.free.help: got nothing; expected text in quotes",
    ],
    [
      {
        ...right,
        maps: { X: { description: "", metrics: { free: { ...FREE, label: "daemon" } } } },
      },
      'maps.X.metrics.free.label: got "daemon"; expected small letters, digits and _, a letter first, at most 64; daemon and le are taken',
    ],
    [
      { ...right, maps: { X: { description: "", metrics: MANY } } },
      "maps: the maps have 21 metrics; at most 20 in all",
    ],
    [
      { ...right, permissions: { files: [] } },
      "permissions.files: unknown permission; known: services, read, write, run, net, env, ffi, sys, secrets",
    ],
    [
      { ...right, permissions: { read: "C:" } },
      'permissions.read: got "C:"; expected a list of texts in square brackets',
    ],
    [
      { ...right, permissions: { secrets: "db_1" } },
      'permissions.secrets: got "db_1"; expected a list of texts in square brackets',
    ],
    [{ ...right, permissions: { secrets: ["db_1", "{name}", "*"] }, arguments: NAMED }, undefined],
    [
      { ...right, permissions: { secrets: ["db", "../x"] } },
      'permissions.secrets: got "../x"; expected small letters, digits, _ and -, a letter first, at most 64',
    ],
    [
      { ...right, permissions: { services: 1 } },
      "permissions.services: got 1; expected true or false",
    ],
    [
      {
        ...right,
        arguments: { drive: { type: "string", description: "" } },
        permissions: { read: ["{drvie}/x"] },
      },
      'permissions.read: there is no argument "drvie"; did you mean "drive"?',
    ],
    [{ ...right, permissions: { read: ["{home}", "{icinga}/x", "{12-34}"] } }, undefined],
    [
      { ...right, arguments: { "a=b": { type: "string", description: "" } } },
      'arguments."a=b": unusable name; expected letters, digits, _, - and ., a letter first, at most 64, and no reserved name',
    ],
    [
      { ...right, arguments: { constructor: { type: "string", description: "" } } },
      "arguments.constructor: unusable name; expected letters, digits, _, - and ., a letter first, at most 64, and no reserved name",
    ],
    [
      { ...right, arguments: { n: { type: "number", description: "", max: "9" } } },
      'arguments.n.max: got "9"; expected a number',
    ],
    [{ ...right, arguments: { n: { type: "number", description: "", max: Infinity } } }, undefined],
    [
      { ...right, arguments: { n: { type: "string", description: "", oneOf: "ab" } } },
      'arguments.n.oneOf: got "ab"; expected a list of texts',
    ],
    [
      { ...right, arguments: { n: { type: ["string"], description: "" } } },
      'arguments.n.type: got an array; expected one of "string", "number", "boolean", "duration", "size", "list"',
    ],
    ...["check", "checkTogether"].map((key): [unknown, string] => [
      { ...right, arguments: { n: { type: "list", description: "", [key]: /x/ } } },
      `arguments.n.${key}: got an object; expected a function`,
    ]),
    [{ ...right, maps: { Free: 1 } }, "maps.Free: got 1; expected an object: { ... }"],
    [
      { ...right, maps: { "a b": { description: "" } } },
      'maps."a b": unusable name; expected letters, digits and _, a letter first, at most 64',
    ],
  ];
  for (const [exported, refusal] of cases) {
    assertEquals(refuseDefinition(exported, "/home/daemons/x.js"), refusal, Deno.inspect(exported));
  }
});

Deno.test("what a module declares has limits", () => {
  const spec = { type: "string", description: "" };
  const many = (n: number) => Array.from({ length: n }, (_, i) => `a${i}`);
  const named = (n: number, value: unknown) =>
    Object.fromEntries(many(n).map((name) => [name, value]));
  let shared: unknown = "x";
  for (let i = 0; i < 60; i++) shared = [shared, shared];
  const cases: [declared: Record<string, unknown>, refusal: string | undefined][] = [
    [{ description: "d".repeat(1_000), arguments: named(100, spec) }, undefined],
    [
      { description: "d".repeat(1_001) },
      `description: got "${"d".repeat(60)}..."; expected at most 1000 characters`,
    ],
    [{ arguments: named(101, spec) }, "arguments: has 101 parts; at most 100"],
    [{ maps: named(101, { description: "" }) }, "maps: has 101 parts; at most 100"],
    [{ tasks: named(101, () => {}) }, "tasks: has 101 parts; at most 100"],
    [{ permissions: { read: many(101) } }, "permissions.read: has 101 parts; at most 100"],
    [
      { arguments: { a: { type: "list", description: "", default: shared } } },
      "arguments.a.default.0.0.0: got an array; expected plain data",
    ],
  ];
  for (const [declared, refusal] of cases) {
    assertEquals(refuseDefinition({ ...right, ...declared }, undefined), refusal);
  }
});

Deno.test("a file's name is one that a daemon can have", () => {
  const expected = "expected small letters, digits and _, a letter first, at most 64";
  assertEquals(refuseFileName("C:\\home\\daemons\\disk_watch.ts"), undefined);
  assertEquals(refuseFileName("/daemons/Disk.js"), `its file name is "Disk"; ${expected}`);
  assertEquals(refuseFileName("dísk.js"), `its file name is "dísk"; ${expected}`);
  assertEquals(refuseFileName("disk watch.mjs"), `its file name is "disk watch"; ${expected}`);
  assertEquals(
    refuseFileName("nul.js"),
    'its file name is "nul"; it is a reserved name, that of a device of Windows; choose another one',
  );
  assertEquals(
    refuseFileName("constructor.js"),
    'its file name is "constructor"; it is a reserved name, which has a meaning of its own in JavaScript; choose another one',
  );
  assertEquals(refuseFileName("com.js"), undefined);
  assertEquals(refuseFileName("2.js"), `its file name is "2"; ${expected}`);
});

Deno.test("a description is plain data: checks, which are code, are left out", () => {
  const argument = { type: "string", description: "", check: () => undefined } as const;
  assertEquals(describeDefinition({ ...right, arguments: { a: argument } }), {
    name: "x",
    description: "does it",
    arguments: { a: { type: "string", description: "" } },
    permissions: {},
    maps: {},
    tasks: [],
  });
});

Deno.test("the name stands in for a description; what is not declared data is left out", () => {
  const argument = { type: "number", description: "", max: Infinity, more: () => {} } as const;
  const { description, arguments: described } = describeDefinition({
    name: "x",
    arguments: { a: argument },
    run() {},
  });
  assertEquals([description, described], ["x", { a: { type: "number", description: "" } }]);
});
