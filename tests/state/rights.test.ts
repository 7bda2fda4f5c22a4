import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  addOrdered,
  addWrite,
  addWriters,
  begin,
  beginMap,
  endMap,
  Seal,
  Type,
} from "../../lib/state/message.ts";
import { content, Network } from "./network.ts";

/** Threads a, b, c; each may write the maps under its own name. */
function joined() {
  const network = new Network();
  const mayWrite = (thread: string, path: string) => path.startsWith(`${thread}.`);
  const states = ["a", "b", "c"].map((thread) => network.join(thread, { mayWrite }));
  network.run(1_000);
  return { network, mayWrite, states, a: states[0]!, b: states[1]!, c: states[2]! };
}

Deno.test("a thread writes its own maps only", () => {
  const { a, b } = joined();
  a.map("a.M").set("x", 1);
  for (
    const write of [
      () => b.map("a.M").set("x", 2),
      () => b.map("a.M").delete("x"),
      () => b.map("a.M").increment("x"),
      () => b.map("a.M").update("x", () => 2),
      () => b.map("a.M").clear(),
    ]
  ) {
    assertThrows(write, Error, "Cannot write a.M: it is not for thread 'b' to write");
  }
  for (const options of [{ open: true }, { persistent: true }]) {
    assertThrows(() => b.map("a.M", options), Error, "Cannot declare a.M");
  }
  assertEquals(content(a, "a.M"), { x: 1 });
});

Deno.test("a map that its owner opens is everybody's, also for a copy that missed the opening", () => {
  const { network, states, a, b, c } = joined();
  network.fate = (_, to) => to === "c" ? [] : [1];
  a.map("a.M", { open: true }).set("x", 1);
  network.run(20);
  network.fate = () => [1];
  b.map("a.M").set("y", 2);
  network.run(1_000);
  c.map("a.M").increment("n");
  network.run(1_000);
  for (const state of states) assertEquals(content(state, "a.M"), { n: 1, x: 1, y: 2 });
  assertEquals(network.problems, []);
});

Deno.test("what is declared is declared everywhere, also for who joins later", () => {
  const { network, mayWrite, b } = joined();
  b.map("b.Saved", { persistent: true });
  network.run(1_000);
  const d = network.join("d", { mayWrite });
  network.run(1_000);
  assertEquals(d.persistentPaths(), ["b.Saved"]);
});

/** A message of writes, as a thread would send it. */
function writes(number: number, path: string, key: string, flags = 0): Uint8Array {
  const out = begin(Type.write, number);
  beginMap(out, { path, flags });
  addWrite(out, key, { value: "forged" });
  endMap(out);
  return out.slice();
}

/** A batch, as the main thread would send it. */
function batch(number: number, path: string): Uint8Array {
  const out = begin(Type.batch, number);
  addWriters(out, [{ writer: 0, thread: "a", number: 0 }]);
  beginMap(out, { path, flags: 0 });
  addOrdered(out, "x", 0, { value: "forged" });
  endMap(out);
  return out.slice();
}

const cut = (bytes: Uint8Array, by: number) => bytes.slice(0, -by);
const raw = (...bytes: number[]) => new Uint8Array(bytes);
const otherSeal = new Seal(new Uint8Array(8));

/** What might come on its own port from a thread `b` that means harm. */
const ON_PORT: Record<string, unknown> = {
  "a write in another's map": writes(99, "a.M", "x"),
  "an opening of another's map": writes(99, "a.M", "x", 1),
  "a batch of its own": batch(99, "b.M"),
  "a write that ends too early": cut(writes(99, "b.M", "x"), 3),
  "a write without an end": cut(writes(99, "b.M", "x"), 1),
  "a number that was there already": writes(0, "b.M", "x"),
  "a number beyond numbers": raw(Type.write, ...Array(9).fill(0xFF)),
  "a key of 2 MB": writes(99, "b.M", "x".repeat(2_000_000)),
  "3 MB": new Uint8Array(3_000_000).fill(Type.write),
  "an unknown kind": raw(200, 1, 2, 3),
  "a welcome": raw(Type.welcome, 1),
  "no bytes": new Uint8Array(0),
  "other bytes": new Float64Array(8),
  nothing: undefined,
  "null": null,
  "a number": 7,
  text: "writes",
  "an object": { type: "writes", from: "b" },
  "a list of lists": [[["writes"]], [["b#1"]]],
};

/** What might come on the channel from somebody who has found its name. */
const ON_CHANNEL: Record<string, unknown> = {
  "the next batch, without a seal": batch(3, "a.M"),
  "the next batch, with 8 bytes before it": raw(...Array(8).fill(0), ...batch(3, "a.M")),
  "the next batch, sealed with another key": otherSeal.close(batch(3, "a.M")),
  "a heartbeat from the end of time": otherSeal.close(raw(Type.heartbeat, 0xFF, 0xFF, 1)),
  "few bytes": raw(1, 2, 3),
  "many bytes": new Uint8Array(3_000_000),
  "another thing": { garbage: 1 },
  nothing: undefined,
};

for (const [way, messages] of Object.entries({ port: ON_PORT, channel: ON_CHANNEL })) {
  for (const [name, message] of Object.entries(messages)) {
    Deno.test(`ignored on the ${way}: ${name}`, () => {
      const { network, mayWrite, states, a, b } = joined();
      a.map("a.M").set("x", "true").set("n", 1);
      b.map("b.M").set("x", "true").set("n", 1);
      network.run(1_000);
      const forger = way === "port" ? network.port("b") : network.end("forger");
      const asked = () => states.slice(1).map((state) => state.traffic().questions);
      const before = asked();
      for (let i = 0; i < 3; i++) forger.postMessage(message as Uint8Array);
      network.run(1_000);
      const late = network.join("late", { mayWrite });
      network.run(1_000);
      for (const state of [...states, late]) {
        assertEquals(content(state, "a.M"), { n: 1, x: "true" });
        assertEquals(content(state, "b.M"), { n: 1, x: "true" });
      }
      assert(network.problems.length > 0);
      assertEquals(asked(), before);
      a.map("a.M").set("x", "after");
      b.map("b.M").set("x", "after");
      network.run(1_000);
      for (const state of states) {
        assertEquals([content(state, "a.M").x, content(state, "b.M").x], ["after", "after"]);
      }
    });
  }
}

Deno.test("a batch that is sent again, or changed on its way, changes nothing", () => {
  const { network, states, a, b } = joined();
  a.map("a.M").set("x", 1);
  network.run(10);
  a.map("a.M").set("x", 2);
  network.run(1_000);
  const forger = network.end("forger");
  for (const { bytes } of [...network.sent]) {
    forger.postMessage(bytes);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      forger.postMessage(changed);
    }
  }
  network.run(1_000);
  assertEquals(states.map((state) => content(state, "a.M")), Array(3).fill({ x: 2 }));
  b.map("b.M").set("x", 1);
  network.run(10);
  assertEquals(states.map((state) => content(state, "b.M")), Array(3).fill({ x: 1 }));
});

Deno.test("the check value is that of HalfSipHash-2-4", () => {
  // vectors.h of https://github.com/veorq/SipHash: key 00 01 … 07, message of n bytes 00 01 …
  const seal = new Seal(Uint8Array.from({ length: 8 }, (_, i) => i));
  const of = (
    length: number,
  ) => [...seal.close(Uint8Array.from({ length }, (_, i) => i)).slice(0, 8)];
  assertEquals(of(0), [0x21, 0x8D, 0x1F, 0x59, 0xB9, 0xB8, 0x3C, 0xC8]);
  assertEquals(of(1), [0xBE, 0x55, 0x24, 0x12, 0xF8, 0x38, 0x73, 0x15]);
});

Deno.test("the channel's name is another one in each run", () => {
  const names = new Set([joined(), joined()].flatMap(({ network }) => [...network.names]));
  assertEquals(names.size, 2);
  for (const name of names) assert(name.length >= 36);
});
