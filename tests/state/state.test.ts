import { assertEquals, assertThrows } from "@std/assert";
import { PublicState, type StateChannel, type StateOptions } from "../../lib/state/mod.ts";

/** A channel in memory that delivers when it is told to, and drops what `drop` names. */
class Wire {
  drop: (message: { type: string; from: string }) => boolean = () => false;
  sent: { type: string; from: string }[] = [];
  readonly #ends = new Set<StateChannel>();
  #queue: (() => void)[] = [];

  end(): StateChannel {
    const end: StateChannel = {
      onmessage: null,
      postMessage: (data) => {
        const message = structuredClone(data) as { type: string; from: string };
        this.sent.push(message);
        if (this.drop(message)) return;
        for (const other of this.#ends) {
          if (other === end) continue;
          this.#queue.push(() => other.onmessage?.(new MessageEvent("message", { data: message })));
        }
      },
      close: () => void this.#ends.delete(end),
    };
    this.#ends.add(end);
    return end;
  }

  /** Delivers until nothing is under way any more. */
  async settle(): Promise<void> {
    await Promise.resolve();
    for (; this.#queue.length > 0; await Promise.resolve()) this.#queue.shift()!();
  }
}

function copies(wire: Wire, options: Partial<StateOptions> = {}) {
  const open: PublicState[] = [];
  return {
    join: (thread: string, first = false) => {
      const state = new PublicState({ thread, first, channel: wire.end(), ...options });
      open.push(state);
      return state;
    },
    [Symbol.dispose]: () => open.forEach((state) => state.close()),
  };
}

function content(state: PublicState, path = "M"): Record<string, unknown> {
  return Object.fromEntries([...state.map(path)].sort());
}

Deno.test("a write is read at once where it was made, and soon everywhere", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const [a, b] = [all.join("a", true), all.join("b")];
  await wire.settle();
  a.map("M").set("x", 1);
  assertEquals(content(a), { x: 1 });
  await wire.settle();
  assertEquals(content(b), { x: 1 });
});

Deno.test("the writes of one turn travel as one message, with the last value of each key", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const a = all.join("a", true);
  for (let i = 0; i < 1000; i++) a.map("M").set("x", i).set("y", -i);
  await wire.settle();
  assertEquals(wire.sent.filter(({ type }) => type === "writes").length, 1);
});

Deno.test("of two concurrent writes the same one wins everywhere", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const states = [all.join("a", true), all.join("b"), all.join("c")];
  await wire.settle();
  states.forEach((state, i) => state.map("M").set("x", i));
  await wire.settle();
  const [first, ...others] = states.map((state) => content(state));
  for (const other of others) assertEquals(other, first!);
});

Deno.test("a write that follows another wins over it, wherever it is made", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const [a, b] = [all.join("a", true), all.join("b")];
  for (let i = 0; i < 20; i++) {
    (i % 2 ? a : b).map("M").set("x", i);
    await wire.settle();
  }
  assertEquals([content(a), content(b)], [{ x: 19 }, { x: 19 }]);
});

Deno.test("a deleted key stays deleted, also for one who joins later", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const [a, b] = [all.join("a", true), all.join("b")];
  await wire.settle();
  b.map("M").set("x", 1).set("y", 2);
  await wire.settle();
  assertEquals(a.map("M").delete("x"), true);
  assertEquals(a.map("M").delete("x"), false);
  await wire.settle();
  const c = all.join("c");
  await wire.settle();
  await c.ready;
  assertEquals([content(a), content(b), content(c)], [{ y: 2 }, { y: 2 }, { y: 2 }]);
});

Deno.test("a newcomer gets what there is, and what is written meanwhile", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const a = all.join("a", true);
  a.map("M").set("old", 1);
  const b = all.join("b");
  a.map("M").set("new", 2);
  await wire.settle();
  await b.ready;
  assertEquals(content(b), { new: 2, old: 1 });
});

Deno.test("a receiver that sees a gap asks again and misses nothing", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const [a, b] = [all.join("a", true), all.join("b")];
  await wire.settle();
  wire.drop = ({ type }) => type === "writes";
  for (let i = 0; i < 5; i++) {
    a.map("M").set(`lost ${i}`, i);
    await wire.settle();
  }
  assertEquals(content(b), {});
  wire.drop = () => false;
  a.map("M").set("last", 5);
  await wire.settle();
  assertEquals(content(b), content(a));
});

Deno.test("a write whose message was lost arrives though nothing follows it", async () => {
  const wire = new Wire();
  using all = copies(wire);
  const [a, b] = [all.join("a", true), all.join("b")];
  await wire.settle();
  wire.drop = ({ type }) => type === "writes";
  a.map("M").set("x", 1);
  while (content(b).x === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await wire.settle();
  }
  assertEquals(content(b), { x: 1 });
});

Deno.test("a thread writes only what it may; a forged message is ignored and said", async () => {
  const wire = new Wire();
  const problems: string[] = [];
  using all = copies(wire, {
    mayWrite: (thread, path) => path.startsWith(`${thread}.`),
    onProblem: (problem) => problems.push(problem),
  });
  const [a, b] = [all.join("a", true), all.join("b")];
  await wire.settle();
  assertThrows(
    () => b.map("a.M").set("x", 1),
    TypeError,
    "Cannot write a.M: it is not for thread 'b'",
  );
  a.map("a.M").set("x", "true");
  await wire.settle();
  const forger = wire.end();
  const stamp = { counter: 99, writer: "b#1" };
  const entries = [{ path: "a.M", key: "x", value: "forged", stamp }];
  forger.postMessage({ type: "writes", from: "b#1", seq: 1, entries });
  for (const garbage of [null, 7, "writes", {}, { type: "writes", from: "b#1" }, [1]]) {
    forger.postMessage(garbage);
  }
  await wire.settle();
  assertEquals([content(a, "a.M"), content(b, "a.M")], [{ x: "true" }, { x: "true" }]);
  assertEquals(problems.filter((problem) => problem.includes("a.M.x by b#1")).length, 2);
});

Deno.test("a value that cannot be cloned is refused, and the map stays as it was", () => {
  using all = copies(new Wire());
  const map = all.join("a", true).map("M").set("x", 1);
  assertThrows(
    () => map.set("x", () => 1),
    TypeError,
    "Cannot set M.x: its value cannot be cloned",
  );
  assertEquals([...map], [["x", 1]]);
});

Deno.test("what is changed after it was set stays out of the map", () => {
  using all = copies(new Wire());
  const value = { n: 1 };
  const map = all.join("a", true).map("M").set("x", value);
  value.n = 2;
  assertEquals(map.get("x"), { n: 1 });
});

Deno.test("over a real channel a thread that was busy while 10,000 messages came ends up equal", async () => {
  const channelName = crypto.randomUUID();
  const state = new PublicState({ thread: "main", first: true, channelName });
  const worker = new Worker(import.meta.resolve("./spinner.ts"), { type: "module" });
  const answers: ((answer: unknown) => void)[] = [];
  worker.onmessage = ({ data }) => answers.shift()!(data);
  const ask = (question: unknown) => {
    worker.postMessage(question);
    return new Promise((resolve) => answers.push(resolve));
  };
  await ask({ channelName, spin: 500 });
  for (let i = 0; i < 10_000; i++) {
    state.map("M").set(`k${i % 3000}`, i);
    await Promise.resolve();
  }
  const expected = Object.fromEntries(state.map("M"));
  const isEqual = (other: unknown) =>
    Object.entries(expected).every(([key, value]) => (other as typeof expected)[key] === value);
  while (!isEqual(await ask("report"))) await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(await ask("report"), expected);
  worker.terminate();
  state.close();
});
