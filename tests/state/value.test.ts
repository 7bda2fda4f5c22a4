import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { FormatError } from "../../lib/state/value_kinds.ts";
import { LIMITS } from "../../lib/state/meter.ts";
import { readSaved, writeMap, writeSaved } from "../../lib/state/saved.ts";
import { decodeValue, encodeValue } from "../../lib/state/value.ts";
import { Network } from "./network.ts";

class Drive {
  constructor(readonly letter: string) {}
  get free() {
    return 1;
  }
}

const cyclic: Record<string, unknown> = { list: [1], map: new Map() };
cyclic.self = cyclic;
(cyclic.map as Map<unknown, unknown>).set("self", cyclic.map);

const shared = { n: 1 };
const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;

const caused = new RangeError("far", { cause: new Error("in", { cause: new Map([[1, /x/]]) }) });
const circular = new Error("itself");
Object.defineProperty(circular, "cause", { value: circular, configurable: true, writable: true });

/** What a map takes, and what it becomes where that differs. */
const VALUES: Record<string, [given: unknown, becomes?: unknown]> = {
  numbers: [[0, -0, NaN, Infinity, -Infinity, 2 ** 60, 2 ** 53 - 1, 1 - 2 ** 53, 0.1, 127, 128]],
  "big numbers": [[0n, -1n, 10n, 2n ** 200n, -(2n ** 64n)]],
  "nothing": [{ a: null, b: undefined }],
  booleans: [[true, false]],
  text: ["ü\u0000\ud800"],
  "text of every kind": [["", "a", "é", "ÿ", "Ā", "\u{1F600}", "\udfff\ud800", "x".repeat(10_000)]],
  "boxed values": [[new Number(1), new String("a"), new Boolean(false), Object(7n)]],
  dates: [[new Date(NaN), new Date(5)]],
  collections: [new Map<unknown, unknown>([[{ k: 1 }, new Set([[1]])]])],
  bytes: [{ a: new Uint8Array([1, 2]), b: new ArrayBuffer(3) }],
  "a DataView over a part of a buffer": [new DataView(bytes, 2, 3)],
  "views of one buffer": [[bytes, new Uint8Array(bytes, 1, 2), new DataView(bytes, 4)]],
  "every kind of view": [[
    ...[new Int8Array(bytes), new Uint8Array(bytes), new Uint8ClampedArray(bytes)],
    ...[new Int16Array(bytes, 2, 1), new Uint16Array(bytes), new Int32Array(bytes, 4)],
    ...[new Uint32Array(bytes), new Float32Array(bytes), new Float64Array(bytes)],
    ...[new BigInt64Array(bytes), new BigUint64Array(bytes), new Float16Array(bytes)],
  ]],
  "a Buffer": [Buffer.from("abc"), new Uint8Array(Buffer.from("abc"))],
  errors: [new RangeError("far")],
  "every kind of error": [[
    ...[new Error("a"), new EvalError("b"), new RangeError("c"), new ReferenceError("d")],
    ...[new SyntaxError("e"), new TypeError("f"), new URIError("g"), caused, circular],
  ]],
  "an error that has become one of DOM": [new DOMException("m", "AbortError")],
  "an error by one of DOM": [new Error("x", { cause: new DOMException("m", "TimeoutError") })],
  patterns: [[/x/gi, /[/\]]\n/u]],
  "lists with holes": [[, 1, , , "x", ,]],
  cyclic: [cyclic],
  "parts that are shared": [{ a: shared, b: [shared, { c: shared }] }],
  "an instance of a class": [new Drive("C"), { letter: "C" }],
  "no prototype": [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  "a key named __proto__": [JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
  "keys of every kind": [{ "": 1, "1": 2, "ü": 3, "\ud800": 4, prototype: 5, toString: 6 }],
  "names that begin with a dollar": [{ $: ["Map", 1], a: { $clone: "AAA" }, $value: [1] }],
  "text that JSON escapes": ['\x01\u2028"'.repeat(LIMITS.bytes / 24)],
  "a getter": [{
    get a() {
      return 1;
    },
  }, { a: 1 }],
  "a proxy": [new Proxy({ a: [1] }, {}), { a: [1] }],
  "1 MB": ["x".repeat(LIMITS.bytes - 100)],
  "1 MB of bytes": [new Uint8Array(LIMITS.bytes - 100).fill(7)],
  "200 levels": [deep(LIMITS.depth)],
  "100,000 parts": [Array(LIMITS.nodes - 1).fill(0)],
};

/** What two values look like, apart from what tells where they come from. */
function looks(value: unknown): string {
  return Deno.inspect(value, { depth: 300, strAbbreviateSize: Infinity, iterableLimit: Infinity })
    .replaceAll(/\[Object: null prototype\] /g, "");
}

for (const [name, [given, becomes = given]] of Object.entries(VALUES)) {
  Deno.test(`a map holds ${name}, here and elsewhere, and after a restart`, () => {
    const network = new Network();
    const [a, b, c] = ["a", "b", "c"].map((thread) => network.join(thread));
    network.run(1_000);
    b!.map("M").set("x", given).set("__proto__", 1);
    network.run(10);
    const d = network.join("d");
    network.run(10);
    const saved = readSaved(writeSaved(new Map([["M", writeMap(a!.map("M"))]]), new Date(0)));
    for (const map of [...[a, b, c, d].map((state) => state!.map("M")), saved.get("M")!]) {
      // Two errors of DOM are never equal for it.
      if (!name.endsWith("DOM")) assertEquals(map.get("x"), becomes);
      assertEquals(looks(map.get("x")), looks(becomes));
      assertEquals(map.get("__proto__"), 1);
    }
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
    assertEquals(network.problems, []);
  });
}

Deno.test("parts that were shared, and views of one buffer, are so elsewhere", () => {
  const value = copied({ a: shared, b: [shared], c: bytes, d: new DataView(bytes, 2) });
  assert(value.a === value.b[0]);
  assert(value.d.buffer === value.c && value.d.byteOffset === 2);
});

Deno.test("what is read is frozen, here and elsewhere, and apart from what was set", () => {
  const network = new Network();
  const [a, b] = [network.join("a"), network.join("b")];
  network.run(1_000);
  const given = { list: [{ n: 1 }] };
  a.map("M").set("x", given);
  given.list[0]!.n = 2;
  network.run(10);
  for (const state of [a, b]) {
    const value = state.map<string, typeof given>("M").get("x")!;
    assertEquals(value, { list: [{ n: 1 }] });
    assertThrows(() => value.list[0]!.n = 3, TypeError);
    assertThrows(() => value.list.push({ n: 3 }), TypeError);
  }
});

const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
const wasm = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]));
const { port1, port2 } = new MessageChannel();
port1.close();
port2.close();

/** `v = [v, v]`, so many times. */
function doubled(times: number): unknown {
  let value: unknown = [1];
  for (let i = 0; i < times; i++) value = [value, value];
  return value;
}

/** So many objects, each of which knows all. */
function everybodyKnowsEverybody(count: number): unknown {
  const all: unknown[][] = Array.from({ length: count }, () => []);
  for (const one of all) one.push(...all);
  return all[0];
}

function withParents(): unknown {
  const [a, b]: Record<string, unknown>[] = [{}, {}];
  const child = { parent: a };
  return [Object.assign(a!, { child }), Object.assign(b!, { child })];
}

const REFUSED: [given: unknown, message: string][] = [
  [() => 1, "Cannot set M.x: M.x is a function, which cannot be carried"],
  [Symbol("s"), "Cannot set M.x: M.x is a symbol"],
  [Object(Symbol("s")), "Cannot set M.x: M.x is a symbol"],
  [{ a: [1, { b: Symbol("s") }] }, "Cannot set M.x: M.x.a[1].b is a symbol"],
  [new Map([["k", () => 1]]), "Cannot set M.x: M.x.get(k) is a function"],
  [new Map([["k".repeat(300), () => 1]]), `M.x.get(${"k".repeat(100)}) is a function`],
  [new Set([1, () => 1]), "Cannot set M.x: M.x.item(1) is a function"],
  [[Promise.resolve()], "Cannot set M.x: M.x[0] is a Promise, which cannot be carried"],
  [{ w: new WeakMap() }, "Cannot set M.x: M.x.w is a WeakMap, which cannot be carried"],
  [key, "Cannot set M.x: M.x is a CryptoKey, which cannot be carried"],
  [new Error("x", { cause: key }), "Cannot set M.x: M.x.cause is a CryptoKey"],
  [new Error("x", { cause: wasm }), "Cannot set M.x: M.x.cause is a Module"],
  [new Map([[{ a: [wasm] }, 1]]), "M.x.get([object Object]).a[0] is a Module"],
  [new Set([port1]), "Cannot set M.x: M.x.item(0) is a MessagePort"],
  [{ blob: new Blob(["x"]) }, "Cannot set M.x: M.x.blob is a Blob"],
  [{ url: new URL("http://x/") }, "Cannot set M.x: M.x.url is a URL"],
  [new SharedArrayBuffer(1), "Cannot set M.x: M.x is shared memory"],
  [new Uint8Array(new SharedArrayBuffer(1)), "Cannot set M.x: M.x is shared memory"],
  [{
    get a() {
      throw new Error("boom");
    },
  }, "Cannot set M.x: M.x.a is not to be carried (Error: boom)"],
  [Object.create(Date.prototype), "Cannot set M.x: M.x is not to be carried (TypeError"],
  [deep(100_000), "Cannot set M.x: M.x[0][0][0]"],
  [deep(LIMITS.depth + 1), "is nested too deeply: at most 200 levels"],
  [[doubled(1), deepEnd(doubled(190))], "is nested too deeply: at most 200 levels"],
  [doubled(60), "is too large: at most 100000 parts, shared ones counted each time"],
  [Array(LIMITS.nodes).fill(0), "is too large: at most 100000 parts"],
  [new Array(2 ** 32 - 1), "is too large: at most 1048576 bytes"],
  ["x".repeat(LIMITS.bytes), "Cannot set M.x: M.x is too large: at most 1048576 bytes"],
  ["\x01".repeat(LIMITS.bytes / 4 + 1), "Cannot set M.x: M.x is too large: at most 1048576 bytes"],
  ["Ā".repeat(LIMITS.bytes / 2), "Cannot set M.x: M.x is too large: at most 1048576 bytes"],
  [{ a: "x".repeat(600_000), b: ["x".repeat(600_000)] }, "Cannot set M.x: M.x is too large"],
  [new Uint8Array(60e6), "Cannot set M.x: M.x is too large: at most 1048576 bytes"],
  [new Error("x".repeat(2e6)), "Cannot set M.x: M.x is too large: at most 1048576 bytes"],
  [everybodyKnowsEverybody(150), "is a part that is met twice and leads back out of itself"],
  [withParents(), "is a part that is met twice and leads back out of itself"],
];

for (const [index, [given, message]] of REFUSED.entries()) {
  Deno.test(`refused, and the map stays as it was (${index}): ${message}`, () => {
    const network = new Network();
    const map = network.join("a").map("M").set("x", 1);
    network.run(1_000);
    const before = network.sent.length;
    assertThrows(() => map.set("x", given), TypeError, message);
    assertThrows(() => map.set(7 as unknown as string, 1), TypeError, "a key is a string");
    assertThrows(() => map.set({} as string, 1), TypeError, "and this one is of type object");
    assertThrows(() => map.set("k".repeat(5_000), 1), TypeError, "a key has at most 4096 char");
    network.run(50);
    assertEquals([...map], [["x", 1]]);
    assertEquals(network.sent.length, before);
  });
}

const tag = (...parts: unknown[]) => ({ $: parts });

/** What no writer of ours makes. */
const FORGED: Record<string, unknown> = {
  "no kind": tag("Window"),
  "a kind of no name": tag(7),
  "no parts": { $: "Map" },
  "nothing in place of parts": { $: null },
  "a hole alone": tag("hole"),
  "a hole in an object": { a: tag("hole") },
  "a list of lists without an end": JSON.parse("[".repeat(1_000) + "]".repeat(1_000)),
  "sixty times v = [v, v]": Array.from(
    { length: 60 },
    (_, i) => i === 0 ? [0, 0] : [tag("met", i), tag("met", i)],
  ),
  "100,001 parts": Array(100_001).fill(null),
  "a part that is not there": [tag("met", 7)],
  "a part of no number": [tag("met", "length")],
  "a part before any": tag("met", 0),
  "a box that is met in itself": tag("Number", tag("met", 0)),
  "a number in place of text": tag("RegExp", 7, 7),
  "a number of bytes": tag("number", 7),
  "a bigint of words": tag("bigint", "ten"),
  "a bigint of nothing": tag("bigint"),
  "a pattern that is none": tag("RegExp", "(", ""),
  "bytes that are none": tag("ArrayBuffer", "####"),
  "bytes in a list": tag("ArrayBuffer", [1, 2]),
  "a view of no buffer": tag("Uint8Array", [], 0, 0),
  "a view beyond its buffer": tag("Uint8Array", tag("ArrayBuffer", "AAA="), 1, 2),
  "an error of no class": tag("Error", 99, "", ""),
  "a box of nothing": tag("Number", null),
  "a box of an object": tag("Number", {}),
  "an object of nothing": tag("record"),
  "shared memory": tag("SharedArrayBuffer", 8),
  "2 MB": tag("ArrayBuffer", "AAAA".repeat(666_666)),
  "2 MB of text": "x".repeat(2_000_000),
  "300,000 control characters": "\x01".repeat(300_000),
};

for (const [name, json] of Object.entries(FORGED)) {
  Deno.test(`JSON is not read as a value: ${name}`, () => {
    assertThrows(() => decodeValue(json), FormatError);
  });
}

Deno.test("whatever the text, it is a value or refused", () => {
  let seed = 1;
  const random = () => (seed = Math.imul(seed, 48_271) & 0x7FFFFFFF) / 0x7FFFFFFF;
  const valid = Object.values(VALUES).map(([given]) => encodeValue(given, "x"))
    .filter(({ length }) => length < 5_000);
  const parts = ['"', "[", "]", "{", "}", ",", "0", "7", "-", "null", '{"$":["met",0]}', '{"$":['];
  let values = 0;
  for (let i = 0; i < 20_000; i++) {
    let text = valid[Math.floor(random() * valid.length)]!;
    for (let n = 0; n < 2; n++) {
      const [at, part] = [random() * text.length, random() * parts.length].map(Math.floor);
      text = text.slice(0, at) + parts[part!] + text.slice(at! + Math.floor(random() * 3));
    }
    try {
      encodeValue(decodeValue(JSON.parse(text)), "x");
      values++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error;
    }
  }
  assert(values > 500, `${values} values`);
});

function copied<T>(value: T): T {
  return decodeValue(JSON.parse(encodeValue(value, "x"))) as T;
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i <= levels; i++) value = [value];
  return value;
}

/** Puts a value 15 levels deep. */
function deepEnd(value: unknown): unknown {
  for (let i = 0; i < 15; i++) value = [value];
  return value;
}
