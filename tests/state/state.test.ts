import { assert, assertEquals, assertThrows } from "@std/assert";
import { isUnreadableMessage, type MainState, type PublicState } from "../../lib/state/mod.ts";
import { Changes, watch } from "../../lib/state/changes.ts";
import { Type } from "../../lib/state/message.ts";
import { content, isOf, Network, type Sent } from "./network.ts";

/** A network of copies that have joined; the first is the first. */
function joined(...threads: string[]) {
  const network = new Network();
  const states = threads.map((thread) => network.join(thread));
  network.run(1_000);
  return { network, states, a: states[0]!, b: states[1]!, c: states[2]! };
}

/** The batches that were sent to all. */
function batches(network: Network): Sent[] {
  return network.sent.filter(({ kind }) => kind === "batch");
}

/** How many messages of a type one has sent on its port. */
function ported(network: Network, from: string, type: number): string[] {
  return network.ported.filter((sent) => sent.from === from && isOf(sent.text, type))
    .map(({ text }) => text);
}

Deno.test("a write is read at once where it was made, and soon everywhere", () => {
  const { network, a, b } = joined("a", "b");
  a.map("M").set("x", 1);
  assertEquals([content(a), content(b)], [{ x: 1 }, {}]);
  network.run(10);
  assertEquals(content(b), { x: 1 });
});

Deno.test("the writes of one turn travel as one message, with the last value of each key", () => {
  const { network, a, b } = joined("a", "b");
  for (let i = 0; i < 1000; i++) a.map("M").set("x", i).set("y", -i);
  a.map("N").set("z", 1);
  network.run(10);
  const messages = batches(network);
  assertEquals(messages.length, 1);
  assert(messages[0]!.text.length < 100);
  assertEquals([content(b), content(b, "N")], [{ x: 999, y: -999 }, { z: 1 }]);
});

Deno.test("a copy counts what it sends and receives, and how often it asks", () => {
  const { network, a, b } = joined("a", "b");
  // Of its copy the main thread has sent the welcome and the state; a heartbeat follows after 10 s.
  assertEquals(a.traffic(), { sent: 2, received: 1, questions: 1 });
  // When it has joined it asks once whether it has missed something.
  assertEquals(b.traffic(), { sent: 1, received: 2, questions: 1 });
  a.map("M").set("x", 1);
  network.run(10);
  assertEquals(a.traffic(), { sent: 3, received: 1, questions: 1 });
  assertEquals(b.traffic(), { sent: 1, received: 3, questions: 1 });
  b.map("M").set("y", 1);
  network.run(10);
  assertEquals(a.traffic(), { sent: 4, received: 2, questions: 1 });
  assertEquals(b.traffic(), { sent: 2, received: 4, questions: 1 });
  network.fate = (kind) => kind === "batch" ? [] : [1];
  a.map("M").set("x", 2);
  network.run(200);
  // A batch that is lost, the heartbeat that shows it, and the batch again.
  assertEquals(a.traffic(), { sent: 7, received: 3, questions: 2 });
  assertEquals(b.traffic(), { sent: 3, received: 6, questions: 2 });
});

Deno.test("what others write is seen at once under one's own writes that are still on their way", () => {
  const network = new Network();
  const a = network.join("a");
  const b = network.join("b", { pace: { burst: 1, perSecond: 0.1, onHeld: () => {} } });
  network.run(1_000);
  b.map("M").increment("n");
  network.run(10);
  b.map("M").set("x", "own");
  b.map("M").increment("n");
  network.run(10);
  const seen: unknown[] = [];
  b.map("M").onChange(({ key, old, value, writer }) => seen.push([key, old, value, writer]));
  a.map("M").set("n", 100).set("x", "other");
  network.run(10);
  assertEquals([content(a), content(b)], [{ n: 100, x: "other" }, { n: 101, x: "own" }]);
  assertEquals(seen, [["n", 2, 101, "a"]]);
  network.run(20_000);
  assertEquals([content(a), content(b)], Array(2).fill({ n: 101, x: "own" }));
  assertEquals(seen.length, 1, "what comes back is not another change");
});

Deno.test("of two concurrent writes the same one wins everywhere", () => {
  const { network, states } = joined("a", "b", "c");
  states.forEach((state, i) => state.map("M").set("x", i));
  network.run(10);
  assertEquals(states.map((state) => content(state)), [{ x: 2 }, { x: 2 }, { x: 2 }]);
});

Deno.test("a write that follows another wins over it, wherever it is made", () => {
  const { network, a, b } = joined("a", "b");
  for (let i = 0; i < 20; i++) {
    (i % 2 ? a : b).map("M").set("x", i);
    network.run(2);
  }
  assertEquals([content(a), content(b)], [{ x: 19 }, { x: 19 }]);
});

Deno.test("a deleted key stays deleted, also for one who joins later", () => {
  const { network, a, b } = joined("a", "b");
  b.map("M").set("x", 1).set("y", 2);
  network.run(10);
  assertEquals([a.map("M").delete("x"), a.map("M").delete("x")], [true, false]);
  network.run(10);
  const c = network.join("c");
  network.run(1_000);
  assertEquals([content(a), content(b), content(c)], [{ y: 2 }, { y: 2 }, { y: 2 }]);
});

Deno.test("clear deletes every key, everywhere", () => {
  const { network, a, b } = joined("a", "b");
  a.map("M").set("x", 1).set("y", 2);
  network.run(10);
  b.map("M").clear();
  network.run(10);
  assertEquals([a.map("M").size, b.map("M").size], [0, 0]);
});

Deno.test("a newcomer gets what there is, and what is written meanwhile", async () => {
  const network = new Network();
  const a = network.join("a");
  a.map("M").set("old", 1);
  const b = network.join("b");
  b.map("M").set("own", 3);
  a.map("M").set("new", 2);
  network.run(1_000);
  await b.ready;
  assertEquals(content(b), { new: 2, old: 1, own: 3 });
  assertEquals(content(a), content(b));
});

Deno.test("what a newcomer wrote before it had joined is a later write", () => {
  const network = new Network();
  const a = network.join("a");
  for (let i = 0; i < 50; i++) {
    a.map("M").set("x", i);
    network.run(5);
  }
  const b = network.join("b");
  b.map("M").set("x", "b's");
  b.map("M").increment("n");
  network.run(1_000);
  assertEquals([content(a), content(b)], Array(2).fill({ n: 1, x: "b's" }));
});

Deno.test("a newcomer joins however long the main thread is busy, and asks seldom meanwhile", () => {
  const { network, a } = joined("a", "b");
  a.map("M").set("x", 1);
  network.run(10);
  network.turn = 1;
  for (let i = 0; i < 1_000; i++) a.map("M").set(`k${i}`, "x".repeat(1_000));
  const c = network.join("c");
  network.block(a, 20_000);
  network.run(19_000);
  assertEquals(content(c), {});
  network.run(6_000);
  assertEquals(content(c), content(a));
  assert(ported(network, "c", Type.missed).length <= 6);
});

Deno.test("a receiver that sees a gap asks again and misses nothing; only what differs travels", () => {
  const { network, a, b } = joined("a", "b");
  for (let i = 0; i < 100; i++) a.map("M").set(`old ${i}`, i);
  network.run(1_000);
  network.fate = (kind) => kind === "batch" ? [] : [1];
  for (let i = 0; i < 5; i++) {
    a.map("M").set(`lost ${i}`, i);
    network.run(1);
  }
  assertEquals(b.map("M").size, 100);
  network.fate = () => [1];
  a.map("M").set("last", 5);
  network.run(10);
  assertEquals(content(b), content(a));
  const answers = ported(network, "a", Type.batch);
  assertEquals(answers.length, 6);
  assert(answers.some((text) => text.includes("lost 4")));
  assert(!answers.some((text) => text.includes("old")));
});

Deno.test("who has missed more than is kept gets the whole state instead", () => {
  const { network, a, b } = joined("a", "b");
  a.map("M").set("gone", 1).set("same", 1);
  b.map("M").increment("n", 5);
  network.run(10);
  network.fate = () => [];
  const seen: unknown[] = [];
  const large = (key: string) => key.startsWith("k");
  b.map("M").onChange(({ key, ...change }) => void (large(key) || seen.push({ key, ...change })));
  a.map("M").delete("gone");
  a.map("M").set("n", 100);
  b.map("M").increment("n");
  // More than 4 MB, in messages that are small enough for the channel.
  for (let i = 0; i < 1_200; i++) {
    a.map("M").set(`k${i % 5}`, `${i} ${"x".repeat(3_900)}`);
    network.run(1);
  }
  assertEquals(content(b), { gone: 1, n: 6, same: 1 });
  network.fate = () => [1];
  const before = network.ported.length;
  a.map("M").set("last", 1);
  network.run(1_000);
  assertEquals(content(b), content(a));
  const size = network.ported.slice(before).reduce((sum, { text }) => sum + text.length, 0);
  assert(size < 50_000, `${size} characters`);
  assertEquals(a.map("M").get("n"), 101);
  const [own, ...others] = seen;
  assertEquals(own, { path: "M", key: "n", old: 5, value: 6, deleted: false, writer: "b" });
  const change = { path: "M", deleted: false, writer: "a" };
  assertEquals(others, [
    { ...change, key: "gone", old: 1, value: undefined, deleted: true },
    { ...change, key: "last", old: undefined, value: 1 },
    { ...change, key: "n", old: 6, value: 101 },
  ]);
});

Deno.test("who has missed less than is kept gets that, and not the whole state", () => {
  // Those that were heard before are more than is kept.
  for (const heard of [0, 1_200]) {
    const { network, a, b } = joined("a", "b");
    const batchesOf = (count: number) => {
      for (let i = 0; i < count; i++) {
        a.map("M").set("x", `${i} ${"x".repeat(3_900)}`);
        network.run(1);
      }
    };
    batchesOf(heard);
    network.fate = () => [];
    batchesOf(1_000);
    network.fate = () => [1];
    const before = network.ported.length;
    a.map("M").set("last", 1);
    network.run(1_000);
    const answers = network.ported.slice(before).filter(({ from }) => from === "a");
    assertEquals(answers.length, 1_001, `after ${heard}`);
    assertEquals(content(b), content(a));
    assert(answers.every(({ text }) => isOf(text, Type.batch)));
  }
});

Deno.test("a thread that asks without end for what it has missed gets 16 MB at once and 4 MB a second", () => {
  const { network, a } = joined("a", "b");
  const text = "x".repeat(250_000);
  for (let i = 0; i < 8; i++) a.map("M").set(`${i}`, text);
  network.run(1_000);
  const asker = network.port("asker");
  network.run(1_000);
  const before = network.ported.length;
  const sent = () =>
    network.ported.slice(before).filter(({ from }) => from === "a")
      .reduce((sum, { text }) => sum + text.length, 0) / 1e6;
  const ask = (seconds: number) => {
    for (let ms = 0; ms < 1_000 * seconds; ms += 20) {
      asker.postMessage(JSON.stringify([Type.missed, -1]));
      network.run(20);
    }
  };
  ask(1);
  const burst = sent();
  assert(burst > 16 && burst < 26, `${burst} MB in the first second`);
  ask(10);
  const lasting = sent() - burst;
  assert(lasting > 38 && lasting < 46, `${lasting} MB in 10 s`);
});

Deno.test("a large batch goes to each thread's port, a small one on the channel", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  const sent = (length: number) => {
    const [onChannel, onPorts] = [batches(network).length, ported(network, "a", Type.batch).length];
    a.map("M").set("x", "x".repeat(length));
    network.run(10);
    return [
      batches(network).length - onChannel,
      ported(network, "a", Type.batch).length - onPorts,
    ];
  };
  assertEquals([sent(4_000), sent(4_100)], [[1, 0], [0, 2]]);
  assertEquals([content(b), content(c)], [content(a), content(a)]);
  network.kill(c);
  network.run(1_000);
  assertEquals(sent(4_100), [0, 1], "nothing goes to who is gone");
});

Deno.test("what is written in one turn travels in messages that end after 262,144 characters", () => {
  const { network, a, b } = joined("a", "b");
  for (let i = 0; i < 10; i++) b.map("M").set(`${i}`, "x".repeat(100_000));
  network.run(10);
  const sizes = ported(network, "b", Type.write).map(({ length }) => Math.floor(length / 1e5));
  assertEquals(sizes, [3, 3, 3, 1]);
  assertEquals(content(a), content(b));
});

Deno.test("one lost message is made up for, however many follow it at once", () => {
  const { network, a, b } = joined("a", "b");
  let lost = 1;
  network.fate = (kind) => kind === "batch" && lost-- > 0 ? [] : [1];
  for (let i = 0; i < 200; i++) {
    a.map("M").set(`k${i}`, i);
    network.run(0);
  }
  network.run(1_000);
  assertEquals(content(b), content(a));
});

Deno.test("what a thread has sent before its end is taken, though it comes after that", () => {
  const { network, a, b } = joined("a", "b");
  b.map("M").set("last", 1);
  network.run(0);
  network.kill(b);
  assertEquals(content(a), {});
  network.run(10);
  assertEquals(content(a), { last: 1 });
});

Deno.test("a write whose message was lost arrives though nothing follows it", () => {
  const { network, a, b } = joined("a", "b");
  network.fate = (kind) => kind === "batch" ? [] : [1];
  a.map("M").set("x", 1);
  network.run(200);
  assertEquals(content(b), { x: 1 });
});

Deno.test("the last writes of a copy that leaves arrive, though their messages were lost", () => {
  const { network, a, b } = joined("a", "b");
  network.fate = (kind) => kind === "batch" ? [] : [1];
  for (let i = 0; i < 300; i++) {
    b.map("M").set(`k${i % 7}`, i);
    network.run(0);
  }
  b.close();
  network.run(10);
  assertEquals(a.map("M").get("k5"), 299);
});

/** Waits for others to leave; returns after how many ms that was over. */
async function othersLeft(network: Network, main: PublicState, limit: number): Promise<number> {
  let isOver = false;
  const over = (main as MainState).othersLeft(limit).then(() => isOver = true);
  let ms = 0;
  while (!isOver && ms < 100_000) {
    network.run(1);
    ms++;
    for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  }
  await over;
  return ms;
}

Deno.test("the main thread waits for others to leave, and no longer than it is told to", async () => {
  const { network, a, b, c } = joined("a", "b", "c");
  b.map("M").set("b", "last word");
  b.leave();
  const tooLong = await othersLeft(network, a, 500);
  assert(tooLong > 490 && tooLong < 510, `${tooLong} ms`);
  c.leave();
  const soon = await othersLeft(network, a, 500);
  assert(soon < 10, `${soon} ms`);
  assertEquals(content(a), { b: "last word" });
});

Deno.test("what waits at the main thread is taken when others have left, or had the time to", async () => {
  const network = new Network();
  const a = network.join("a");
  const b = network.join("b", {}, () => 60_000);
  network.run(1_000);
  b.map("M").set("x", 1);
  network.run(10);
  assertEquals(content(a), {});
  await othersLeft(network, a, 100);
  assertEquals(content(a), { x: 1 });
});

Deno.test("concurrent increments all count; a set starts anew", () => {
  const { network, a, b, states } = joined("a", "b", "c");
  states.forEach((state, i) => state.map("M").increment("n", i + 1));
  assertEquals(states.map((state) => content(state)), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  network.run(10);
  assertEquals(states.map((state) => content(state)), Array(3).fill({ n: 6 }));
  a.map("M").set("n", 0.5);
  network.run(10);
  a.map("M").increment("n", -2);
  b.map("M").increment("n");
  network.run(10);
  assertEquals(states.map((state) => content(state)), Array(3).fill({ n: -0.5 }));
  b.map("M").delete("n");
  network.run(10);
  states.forEach((state) => state.map("M").increment("n"));
  network.run(10);
  assertEquals(states.map((state) => content(state)), Array(3).fill({ n: 3 }));
});

Deno.test("set, delete and increment within one turn count in their order", () => {
  const { network, a, b } = joined("a", "b");
  const map = a.map("M");
  map.increment("n", 5);
  map.set("n", 10);
  assertEquals(map.increment("n"), 11);
  map.delete("n");
  assertEquals([map.increment("n", 2), map.increment("n", 2)], [2, 4]);
  network.run(10);
  assertEquals([content(a), content(b)], [{ n: 4 }, { n: 4 }]);
});

Deno.test("what cannot be counted is refused, and the map stays as it was", () => {
  const { a } = joined("a");
  const map = a.map("M").set("s", "text").set("n", 1);
  for (const by of [0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => map.increment("n", by), TypeError, "whole number");
  }
  assertThrows(() => map.increment("s"), TypeError, "Cannot increment M.s: it holds no number");
  assertThrows(() => map.increment("k".repeat(4_097)), TypeError, "at most 4096 characters");
  assertEquals(content(a), { n: 1, s: "text" });
});

Deno.test("update writes what a function makes of the value", () => {
  const { network, a, b } = joined("a", "b");
  const map = a.map<string, number[]>("M");
  assertEquals(map.update("x", (old = []) => [...old, 1]), [1]);
  assertEquals(map.update("x", (old = []) => [...old, 2]), [1, 2]);
  assertThrows(
    () =>
      map.update("x", () => {
        throw new Error("no");
      }),
    Error,
    "no",
  );
  network.run(10);
  assertEquals(content(b), { x: [1, 2] });
});

Deno.test("of a deleted key nothing is kept", () => {
  const { network, a, b, states } = joined("a", "b", "c");
  for (let i = 0; i < 100; i++) a.map("M").set(`k${i}`, i);
  network.run(10);
  b.map("M").clear();
  network.run(10);
  const before = network.ported.length;
  const d = network.join("d");
  network.run(1_000);
  assert(!network.ported.slice(before).some(({ text }) => text.includes("k5")));
  for (const state of [...states, d]) assertEquals(content(state), {});
});

Deno.test("a copy that was out of hearing for long is right at once when it is back, its own writes kept", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  c.map("M").set("x", 1).set("y", 1);
  c.map("M").increment("n", 5);
  network.run(10_000);
  // Now c hears nothing, and goes on writing.
  network.fate = (_, to) => to === "c" ? [] : [1];
  a.map("M").delete("x");
  network.run(120_000);
  c.map("M").set("z", 2);
  c.map("M").increment("n", 2);
  b.map("M").increment("n", 10);
  assertEquals(c.map("M").get("z"), 2);
  network.run(1_000);
  network.fate = () => [1];
  network.run(11_000);
  const expected = { n: 17, y: 1, z: 2 };
  assertEquals([a, b, c].map((state) => content(state)), [expected, expected, expected]);
});

Deno.test("while the main thread is busy each copy reads its own writes, and then all are equal", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  network.run(60_000);
  network.block(a, 120_000);
  b.map("M").set("x", 1);
  c.map("M").set("x", 2);
  network.run(100_000);
  assertEquals([a, b, c].map((state) => content(state)), [{}, { x: 1 }, { x: 2 }]);
  network.run(100_000);
  assertEquals([a, b, c].map((state) => content(state)), Array(3).fill({ x: 2 }));
});

Deno.test("a thread that comes back under its name is another copy", () => {
  const { network, a, b } = joined("a", "b");
  b.map("M").set("x", "first life");
  b.map("M").increment("n");
  network.run(10);
  // It dies without a word, and its successor is there at once.
  network.kill(b);
  const again = network.join("b");
  network.run(1_000);
  again.map("M").set("x", "second life");
  again.map("M").increment("n");
  network.run(1_000);
  assertEquals([content(a), content(again)], Array(2).fill({ n: 2, x: "second life" }));
});

Deno.test("changes tell old value, new value and writer, wherever they were made", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  const d = network.join("d");
  network.run(10);
  const seen: unknown[] = [];
  const stop = b.map("M").onChange(({ key, old, value, deleted, writer }) =>
    seen.push([key, old, value, deleted, writer])
  );
  a.map("M").set("x", 1);
  network.run(10);
  b.map("M").set("x", 2);
  a.map("N").set("other", 1);
  network.run(10);
  a.map("M").delete("x");
  network.run(10);
  c.map("M").set("y", 1);
  d.map("M").set("z", 1);
  network.run(10);
  stop();
  a.map("M").set("x", 3);
  network.run(10);
  assertEquals(seen, [
    ["x", undefined, 1, false, "a"],
    ["x", 1, 2, false, "b"],
    ["x", 2, undefined, true, "a"],
    ["y", undefined, 1, false, "c"],
    ["z", undefined, 1, false, "d"],
  ]);
});

Deno.test("a newcomer's listener hears of the snapshot as changes", () => {
  const network = new Network();
  network.join("a").map("M").set("x", 1);
  const b = network.join("b");
  const seen: unknown[] = [];
  b.onChange(({ path, key, old, value, writer }) => seen.push([path, key, old, value, writer]));
  network.run(1_000);
  assertEquals(seen, [["M", "x", undefined, 1, "a"]]);
});

Deno.test("a listener that fails is said, and the others are called; one that writes is heard after", () => {
  const { network, a } = joined("a");
  const seen: unknown[] = [];
  a.map("M").onChange(() => {
    throw new Error("boom");
  });
  a.map("M").onChange(({ key, value }) => {
    seen.push([key, value]);
    if (key === "x") a.map("M").set("y", value);
  });
  a.map("M").set("x", 1);
  const later: string[] = [];
  a.map("M").onChange(({ key }) => later.push(key));
  a.map("M").set("x", 2);
  assertEquals(seen, [["x", 1], ["y", 1], ["x", 2], ["y", 2]]);
  assertEquals(later, ["x", "y"], "all hear of a change before one that follows from it");
  assertEquals(network.problems, Array(4).fill("A listener to M failed: Error: boom"));
});

Deno.test("a watcher gets the changes; when it is behind, those of one key as one", async () => {
  const { network, a, b } = joined("a", "b");
  const stop = new AbortController();
  const changes = b.map<string, number>("M").changes({ signal: stop.signal });
  for (let i = 0; i < 1000; i++) {
    a.map("M").set("x", i).set("y", -i);
    network.run(1);
  }
  network.run(10);
  const [first, second] = [await changes.next(), await changes.next()];
  assertEquals([first, second].map(({ value: { key, old, value } }) => [key, old, value]), [
    ["x", undefined, 999],
    ["y", undefined, -999],
  ]);
  const third = changes.next();
  b.map("M").set("z", 7);
  assertEquals((await third).value.value, 7);
  const end = Promise.all([changes.next(), changes.next()]);
  stop.abort();
  assertEquals((await end).map(({ done }) => done), [true, true]);
});

Deno.test("a watcher that is left, or told to stop, costs nothing any more", async () => {
  const changes = new Changes(() => {});
  const left = watch(changes, "M");
  changes.note({ path: "M", key: "x", old: undefined, value: 1, deleted: false, writer: "a" });
  changes.tell();
  for await (const _ of left) break;
  assertEquals(changes.isHeard("M"), false);
  const stop = new AbortController();
  watch(changes, "M", stop.signal);
  assertEquals(changes.isHeard("M"), true);
  stop.abort();
  watch(changes, "M", stop.signal);
  assertEquals(changes.isHeard("M"), false);
});

Deno.test("a check sees what is set, and may refuse it", () => {
  const { a } = joined("a");
  const map = a.map<string, number>("M", {
    check: (value) => {
      if (typeof value !== "number" || value > 9) throw new TypeError("a number up to 9");
      return Math.round(value);
    },
  });
  map.set("x", 1.2).set("n", 9);
  assertThrows(() => map.set("x", "1" as unknown as number), TypeError, "a number up to 9");
  assertThrows(() => map.increment("n"), TypeError, "a number up to 9");
  assertThrows(() => a.map("M").set("x", 10), TypeError, "a number up to 9");
  assertEquals(content(a), { n: 9, x: 1 });
});

Deno.test("a copy that has left refuses writes and can be read", () => {
  const { a } = joined("a");
  a.map("M").set("x", 1);
  a.close();
  a.close();
  assertThrows(() => a.map("M").set("x", 2), Error, "Cannot write M: thread 'a' has left");
  assertEquals(content(a), { x: 1 });
});

Deno.test("a copy that has left hears nothing, and others do not hear of it", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  b.leave();
  a.map("M").set("x", 1);
  network.run(1_000);
  assertEquals([content(b), content(c)], [{}, { x: 1 }]);
  a.leave();
  c.map("M").set("x", 2);
  network.run(1_000);
  assertEquals(content(a), { x: 1 });
});

Deno.test("a newcomer joins and leaves unheard by others, and an idle copy says nothing", () => {
  const { network, a } = joined("a", "b");
  a.map("M").set("x", 1);
  network.run(1_000);
  const before = network.sent.length;
  const c = network.join("c");
  network.run(10);
  assertEquals(content(c), { x: 1 });
  const ported = network.ported.length;
  network.run(100_000);
  assertEquals(network.ported.length, ported);
  c.close();
  network.run(10);
  assertEquals(new Set(network.sent.slice(before).map(({ kind }) => kind)), new Set(["heartbeat"]));
});

Deno.test("what is written reaches everybody at once, however long it was quiet", () => {
  const { network, a, b, c } = joined("a", "b", "c");
  for (const value of [1, 2]) {
    network.run(100_000);
    c.map("M").set("x", value);
    network.run(10);
    assertEquals([content(a), content(b)], [{ x: value }, { x: value }]);
  }
});

Deno.test("an idle copy has missed nothing, and asks nothing, when others are idle or gone", () => {
  const { network, a, states } = joined("a", "b", "c", "d", "e");
  network.run(50_000);
  const asked = () => states.slice(1).map((state) => state.traffic().questions);
  const before = asked();
  for (let i = 0; i < 10; i++) {
    a.map("M").set("x", i);
    network.run(10_000);
    if (i === 2) states[3]!.close();
    if (i === 4) network.kill(states[4]!);
  }
  assertEquals(states.slice(0, 3).map((state) => content(state)), Array(3).fill({ x: 9 }));
  assertEquals(asked(), before);
});

Deno.test("batches that follow each other need no heartbeat; the last is followed by one", () => {
  const { network, b } = joined("a", "b");
  network.run(20_000);
  const before = network.sent.length;
  for (let i = 0; i < 20; i++) {
    b.map("M").set("x", i);
    network.run(50);
  }
  const kinds = () => network.sent.slice(before).map(({ kind }) => kind);
  assertEquals(new Set(kinds()), new Set(["batch"]));
  network.run(100);
  assertEquals(kinds().at(-1), "heartbeat");
});

Deno.test("idle copies hear one thing in 10 seconds", () => {
  const { network } = joined("a", "b");
  network.run(60_000);
  const before = network.sent.length;
  network.run(100_000);
  assertEquals(network.sent.length - before, 10);
});

Deno.test("a channel on which nothing is heard is opened anew, and what was missed is asked for", () => {
  const { network, a, b } = joined("a", "b");
  network.deafen(b);
  a.map("M").set("x", 1);
  network.run(20_000);
  assertEquals(content(b), {});
  network.run(31_000);
  assertEquals(content(b), { x: 1 });
  a.map("M").set("x", 2);
  network.run(10);
  assertEquals(content(b), { x: 2 });
});

Deno.test("batches that come in another order, or twice, are taken in theirs", () => {
  const { network, a, b } = joined("a", "b");
  const asked = b.traffic().questions;
  let late = 40;
  network.fate = (kind) => kind === "batch" ? [late -= 4, 60] : [1];
  for (let i = 0; i < 9; i++) {
    a.map("M").set("x", i).increment("n");
    network.run(1);
  }
  network.run(100);
  assertEquals(content(b), { n: 9, x: 8 });
  assert(b.traffic().questions <= asked + 1);
});

Deno.test("a state of many pieces arrives whole while it changes", () => {
  const network = new Network();
  const a = network.join("a");
  const map = a.map<string, string>("M");
  for (let i = 0; i < 2_000; i++) map.set(`k${i}`, "x".repeat(1_000));
  network.turn = 1;
  const b = network.join("b");
  for (let i = 0; i < 20; i++) {
    map.set(`k${i * 99}`, "changed").delete(`k${i * 98 + 1}`);
    map.set(`new ${i}`, "");
    network.run(1);
  }
  network.run(200);
  assertEquals(content(b), content(a));
});

Deno.test("a rejection is the channel's own where both its text and its stack say so", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const text = "could not deserialize value";
  const rejection = (message: string, file: string) =>
    Object.assign(new Error(message), { stack: `Error: ${message}\n    at ext:${file}:1:1` });
  const rows: [reason: unknown, isUnreadable: boolean][] = [
    [rejection(text, "deno_web/01_broadcast_channel.js"), true],
    [rejection(text, "deno_web/01_other.js"), false],
    [rejection("boom", "deno_web/01_broadcast_channel.js"), false],
    [{ ...rejection(text, "deno_web/01_broadcast_channel.js"), message: text }, false],
    [text, false],
    [proxy, false], // throws when it is looked at
  ];
  for (const [reason, isUnreadable] of rows) {
    assertEquals(isUnreadableMessage(reason), isUnreadable);
  }
});
