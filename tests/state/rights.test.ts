import { assert, assertEquals, assertThrows } from "@std/assert";
import { MainState, type StateChannel } from "../../lib/state/mod.ts";
import { Type, writeMessage } from "../../lib/state/message.ts";
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
  const { network, mayWrite, states, b } = joined();
  b.map("b.Saved", { persistent: true });
  network.run(1_000);
  const d = network.join("d", { mayWrite });
  network.run(1_000);
  for (const state of [...states, d]) assertEquals(state.persistentPaths(), ["b.Saved"]);
});

/** A message of writes, as a thread would send it. */
function writes(number: number, path: string, key: string, flags = 0): string {
  return JSON.stringify([Type.write, number, [[path, flags, [[key, "forged"]]]]]);
}

/** A batch, as the main thread would send it. */
function batch(number: number, path: string): string {
  return JSON.stringify([Type.batch, number, [], [[path, 0, [["x", 0, "forged"]]]]]);
}

const write = (...parts: unknown[]) => JSON.stringify([Type.write, ...parts]);

/** What might come on its own port from a thread `b` that means harm. */
const ON_PORT: Record<string, unknown> = {
  "a write in another's map": writes(99, "a.M", "x"),
  "an opening of another's map": writes(99, "a.M", "x", 1),
  "a batch of its own": batch(99, "b.M"),
  "a write that ends too early": writes(99, "b.M", "x").slice(0, -3),
  "a write of the second map that cannot be read": write(99, [["b.M", 0, [["x", 1]]], ["b.M"]]),
  "a value that cannot be read": write(99, [["b.M", 0, [["x", { $: ["met", 7] }]]]]),
  "a row that is none": write(99, [["b.M", 0, ["x"]]]),
  "a key that is none": write(99, [["b.M", 0, [[7, 1]]]]),
  "a number that was there already": writes(0, "b.M", "x"),
  "a number that is none": writes(0.5, "b.M", "x"),
  "a number beyond numbers": writes(2 ** 60, "b.M", "x"),
  "an increment of no number": write(99, [["b.M", 0, [["n", 0, "1"]]]]),
  "an increment beyond 2^53": write(99, [["b.M", 0, [["n", 0, 2 ** 53 - 1]]]]),
  "an increment by no whole number": write(99, [["b.M", 0, [["n", 0, 0.5]]]]),
  "a key of 2 MB": writes(99, "b.M", "x".repeat(2_000_000)),
  "13 MB": writes(99, "b.M", "x").padEnd(13_000_000),
  "an unknown kind": "[200,1,2,3]",
  "a welcome": JSON.stringify([Type.welcome, 1, "a", "x"]),
  "no text": "",
  "other text": "writes",
  bytes: new Uint8Array(8),
  nothing: undefined,
  "null": null,
  "a number": 7,
  "an object": { type: "writes", from: "b" },
  "a list of lists": [[["writes"]], [["b#1"]]],
};

for (const [name, message] of Object.entries(ON_PORT)) {
  Deno.test(`ignored on the port: ${name}`, () => {
    const { network, mayWrite, states, a, b } = joined();
    a.map("a.M").set("x", "true").set("n", 1);
    b.map("b.M").set("x", "true").set("n", 1);
    network.run(1_000);
    const forger = network.port("b");
    const asked = () => states.slice(1).map((state) => state.traffic().questions);
    const before = asked();
    for (let i = 0; i < 3; i++) forger.postMessage(message as string);
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

/** What might come on the channel that the main thread has not sent, and cannot be read. */
const ON_CHANNEL: Record<string, unknown> = {
  "few bytes": new Uint8Array([1, 2, 3]),
  "another thing": { garbage: 1 },
  nothing: undefined,
  "other text": "batch",
  "a batch of nothing": JSON.stringify([Type.batch, 3]),
};

for (const [name, message] of Object.entries(ON_CHANNEL)) {
  Deno.test(`ignored on the channel, and said by everybody: ${name}`, () => {
    const { network, states, a } = joined();
    a.map("a.M").set("x", "true");
    network.run(1_000);
    network.end("forger").postMessage(message as string);
    network.run(1_000);
    assertEquals(network.problems.length, 3);
    a.map("a.M").set("x", "after");
    network.run(1_000);
    for (const state of states) assertEquals(content(state, "a.M"), { x: "after" });
  });
}

Deno.test("a batch that is sent again changes nothing", () => {
  const { network, states, a, b } = joined();
  a.map("a.M").set("x", 1);
  network.run(10);
  a.map("a.M").set("x", 2);
  network.run(1_000);
  const forger = network.end("forger");
  for (const { text } of [...network.sent]) forger.postMessage(text);
  network.run(1_000);
  assertEquals(states.map((state) => content(state, "a.M")), Array(3).fill({ x: 2 }));
  b.map("b.M").set("x", 1);
  network.run(10);
  assertEquals(states.map((state) => content(state, "b.M")), Array(3).fill({ x: 1 }));
});

Deno.test("the channel's name is another one in each run", () => {
  const names = new Set([joined(), joined()].flatMap(({ network }) => [...network.names]));
  assertEquals(names.size, 2);
  for (const name of names) assert(name.length >= 36);
});

Deno.test("the port of a copy that has left is closed", () => {
  let closed = 0;
  const port: StateChannel = { onmessage: null, postMessage() {}, close: () => void closed++ };
  const state = new MainState({ thread: "main" });
  const disconnect = state.connect(port, "a");
  port.onmessage!({ data: writeMessage([Type.leave]) } as MessageEvent);
  assertEquals(closed, 1);
  disconnect();
  state.close();
  assertEquals(closed, 1);
});
