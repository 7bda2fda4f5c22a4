import { assertEquals, assertThrows } from "@std/assert";
import { content, Network } from "./network.ts";

/** Threads a, b, c; each may write the maps under its own name. */
function joined() {
  const network = new Network();
  const mayWrite = (thread: string, path: string) => path.startsWith(`${thread}.`);
  const states = ["a", "b", "c"].map((thread, i) =>
    network.join(thread, { first: i === 0, mayWrite })
  );
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

/** What might come over the channel from somebody who means harm, or is a fool. */
const FORGED: Record<string, unknown> = {
  "a write in another's map": ["writes", "b#1", 0, 90, 0, "a.M", 3, 1, "x", "forged"],
  "a write under the name of another": [
    ...["writes", "c#9", 0, 90, 1, "b#1"],
    ...[0, "b.M", 3, 1, "x", "forged"],
  ],
  "an opening of another's map": [
    ...["writes", "b#1", 0, 90, 0, "a.M"],
    ...[6, 1, "open", 3, 1, "x", "forged"],
  ],
  "a write from the end of time": ["writes", "b#1", 0, 2 ** 51, 0, "b.M", 3, 1, "x", "forged"],
  "a counter beyond numbers": ["writes", "b#1", 0, 2 ** 60, 0, "b.M", 3, 1, "x", "forged"],
  "a message that pretends to be from one of them": [
    ...["writes", "a#0", 0, 90],
    ...[0, "a.M", 3, 1, "x", "forged"],
  ],
  "rows that end too early": ["writes", "b#1", 0, 90, 0, "b.M", 3, 2, "x", "forged"],
  "rows without a map": ["writes", "b#1", 0, 90, 3, 1, "x", "forged"],
  "a key that is none": ["writes", "b#1", 0, 90, 0, "b.M", 3, 1, {}, "forged"],
  "a name that is not there": ["writes", "b#1", 0, 90, 0, 7, 3, 1, "x", "forged"],
  "an increment of NaN": ["writes", "b#1", 0, 90, 0, "b.M", 5, 1, "n", 90, NaN],
  "a flag that is none": ["writes", "b#1", 0, 90, 0, "b.M", 6, 1, "__proto__"],
  "a beat without knowledge": ["beat", "b#1", 0, 90, [90]],
  "a beat with odd knowledge": ["beat", "b#1", 0, 90, [0, 0, ["b#1", 0], [], "b#1", -1]],
  "a tip from the end of time": ["tip", "b#1", 0, 2 ** 51, 2 ** 51, 0],
  "an answer that nobody asked for": ["answer", "b#1", "a#0", 1, true, [0, 0, [], []], [
    ...[1, "b#1", 2, 90, 0, "b.M", 3, 1],
    ...["x", "forged"],
  ]],
  nothing: undefined,
  "null": null,
  "a number": 7,
  text: "writes",
  "an object": { type: "writes", from: "b" },
  "an empty list": [],
  "an unknown kind": ["overwrites", "b#1"],
  "a list of lists": [[["writes"]], [["b#1"]]],
};

for (const [name, message] of Object.entries(FORGED)) {
  Deno.test(`ignored: ${name}`, () => {
    const { network, states, a, b } = joined();
    a.map("a.M").set("x", "true").set("n", 1);
    b.map("b.M").set("x", "true").set("n", 1);
    network.run(1_000);
    const forger = network.end("forger");
    for (let i = 0; i < 3; i++) forger.postMessage(message);
    network.run(1_000);
    for (const state of states) {
      assertEquals(content(state, "a.M"), { n: 1, x: "true" });
      assertEquals(content(state, "b.M"), { n: 1, x: "true" });
    }
    if (!name.startsWith("an answer")) assertEquals(network.problems.length > 0, true);
    network.run(60_000);
    a.map("a.M").set("x", "after");
    b.map("b.M").set("x", "after");
    network.run(1_000);
    for (const state of states) {
      assertEquals([content(state, "a.M").x, content(state, "b.M").x], ["after", "after"]);
    }
  });
}
