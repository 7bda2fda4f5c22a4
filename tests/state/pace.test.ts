import { assert, assertEquals, assertThrows } from "@std/assert";
import { Type } from "../../lib/state/message.ts";
import { content, isOf, Network } from "./network.ts";

/** A network with a reader, and a writer that may send 5 messages at once and 10 a second. */
function flooded() {
  const network = new Network();
  const told: number[] = [];
  const reader = network.join("reader");
  const writer = network.join("writer", {
    pace: { burst: 5, perSecond: 10, onHeld: (held) => told.push(held) },
  });
  network.run(1_000);
  const map = writer.map<string, number>("M");
  const write = (turns: number) => {
    for (let turn = 0; turn < turns; turn++) {
      map.set(`key ${turn % 7}`, turn);
      network.run(1);
    }
  };
  const writes = () =>
    network.ported.filter(({ from, text }) => from === "writer" && isOf(text, Type.write)).length;
  return { network, told, reader, writer, write, writes };
}

Deno.test("writes of a flood travel together, and the last values arrive", () => {
  const { network, reader, writer, write, writes } = flooded();
  write(2_000);
  network.run(1_000);
  assertEquals(content(reader), content(writer));
  assertEquals(content(reader)["key 4"], 1_999);
  assert(writes() <= 5 + 20 + 5, `${writes()} messages`);
});

Deno.test("a flood is told once, when it is over, with what was held back", () => {
  const { network, told, write } = flooded();
  write(2_000);
  assertEquals(told, []);
  network.run(3_000);
  assertEquals(told.length, 1);
  assert(told[0]! > 1_900 && told[0]! < 2_000, `${told[0]}`);
  write(100);
  network.run(3_000);
  assertEquals(told.length, 2);
});

Deno.test("who writes now and then is never held back", () => {
  const { network, told, write } = flooded();
  for (let i = 0; i < 100; i++) {
    write(1);
    network.run(100);
  }
  network.run(3_000);
  assertEquals(told, []);
});

Deno.test("what is held back is not lost when the thread leaves, and the flood is told", () => {
  const { network, told, reader, writer, write } = flooded();
  write(50);
  writer.leave();
  network.run(10);
  assertEquals(content(reader)["key 0"], 49);
  assertEquals(told.length, 1);
});

Deno.test("a flood that lasts is told each minute", () => {
  const { network, told, write } = flooded();
  for (let now = 0; now < 130_000; now += 50) {
    write(1);
    network.run(49);
  }
  assertEquals(told.length, 2);
  network.run(3_000);
  assertEquals(told.length, 3);
});

Deno.test("what is large is held back, too: it travels with the last values", () => {
  const network = new Network();
  const pace = { burst: 1e6, perSecond: 1e6, bytesBurst: 10_000, bytesPerSecond: 10_000 };
  const reader = network.join("reader");
  const writer = network.join("writer", { pace: { ...pace, onHeld: () => {} } });
  network.run(1_000);
  const begin = network.ported.length;
  for (let i = 0; i < 1_000; i++) {
    writer.map("M").set("x", `${i} ${"x".repeat(5_000)}`).set("i", i);
    network.run(10);
  }
  network.run(1_000);
  assertEquals(content(reader), content(writer));
  const bytes = network.ported.slice(begin).filter(({ from }) => from === "writer").reduce(
    (sum, { text }) => sum + text.length,
    0,
  );
  assert(bytes > 50_000 && bytes < 150_000, `${bytes} bytes in 11 s`);
});

Deno.test("a newcomer gets what is held back, and its greeting sends nothing of it to others", () => {
  const network = new Network();
  const first = network.join("first", {
    pace: { burst: 1, perSecond: 1, onHeld: () => {} },
  });
  const reader = network.join("reader");
  network.run(5_000);
  const map = first.map<string, number>("M");
  const sentBefore = network.sent.length;
  const writes = () => network.sent.slice(sentBefore).filter(({ kind }) => kind === "batch").length;
  map.set("sent", 1);
  network.run(5);
  map.set("held", 2);
  map.increment("counted");
  network.run(5);
  const newcomer = network.join("newcomer");
  network.run(50);
  assertEquals([content(reader), writes()], [{ sent: 1 }, 1]);
  assertEquals(content(newcomer), { sent: 1, held: 2, counted: 1 });
  map.increment("counted");
  network.run(5_000);
  assertEquals(content(newcomer), { sent: 1, held: 2, counted: 2 });
  assertEquals([content(reader), writes()], [content(newcomer), 2]);
});

Deno.test("a thread sends no more for as long as the main thread wants none, and the last values arrive", () => {
  const network = new Network();
  const reader = network.join("reader");
  // It writes once before the wait, and once while that is under way to it.
  const waits = [500];
  const writer = network.join("writer", {}, () => waits.shift() ?? 0);
  network.run(1_000);
  const writes = () =>
    network.ported.filter(({ from, text }) => from === "writer" && isOf(text, Type.write)).length;
  const map = writer.map<string, number>("M");
  let begun = 0;
  for (let i = 0; i < 300; i++) {
    map.set("x", i);
    network.run(1);
    if (i === 100) begun = writes();
  }
  assertEquals([begun < 10, writes()], [true, begun]);
  network.run(1_000);
  assertEquals(writes(), begun + 1);
  assertEquals(content(reader), { x: 299 });
  assertEquals(network.problems, [], "what came meanwhile has waited for what came first");
});

Deno.test("maps of one owner hold a limited number of characters; what is beyond is taken back", () => {
  const network = new Network();
  const main = network.join("main", { ownerOf: (path) => path.split(".")[0]! });
  const writer = network.join("writer");
  network.run(1_000);
  const text = "x".repeat(1_000_000);
  const first = writer.map("A.first");
  const second = writer.map<string, unknown>("A.second");
  const deleted: string[] = [];
  for (let i = 0; i < 16; i++) first.set(`${i}`, text);
  for (let i = 0; i < 16; i++) second.set(`${i}`, { text });
  writer.map("B.other").set("x", text);
  network.run(1_000);
  assertEquals(network.problems, []);
  second.onChange((change) => void (change.deleted && deleted.push(change.key)));
  second.set("17", { text });
  second.set("18", { text });
  second.set("19", { text });
  network.run(1_000);
  assertEquals(network.problems.length, 1, "said once of a thread");
  assert(network.problems[0]!.includes("write of A.second.18 by thread 'writer'"));
  assertEquals([second.has("17"), second.has("18"), second.size], [true, false, 17]);
  assertEquals(deleted, ["18", "19"]);
  assertEquals(content(main, "B.other"), { x: text });
  // What takes no more room, and what gives some back, is taken.
  second.set("17", { text: text.slice(1) });
  first.delete("0");
  network.run(1_000);
  second.set("18", { text });
  network.run(1_000);
  assertEquals([network.problems.length, second.has("18"), first.has("0")], [1, true, false]);
});

Deno.test("each key takes 100 characters beside its name and its value", () => {
  const network = new Network();
  const main = network.join("main");
  const writer = network.join("writer");
  network.run(1_000);
  const name = "x".repeat(4_000);
  for (let i = 0; i < 8_300; i++) writer.map("M").set(`${name} ${i}`, i);
  network.run(10_000);
  const { size } = main.map("M");
  assert(size > 8_150 && size < 8_185, `${size} keys of 4,105 characters each`);
});

Deno.test("maps that hold nothing count, too: beyond the limit of one owner no more are made", () => {
  const network = new Network();
  const main = network.join("main", { ownerOf: (path) => path.split(".")[0]! });
  const writer = network.join("writer");
  network.run(1_000);
  const name = "x".repeat(4_000);
  for (let i = 0; i < 8_000; i++) writer.map(`A.${name}.${i}`, { persistent: true });
  writer.map("B.other", { persistent: true });
  network.run(10_000);
  const known = main.paths().filter((path) => path.startsWith("A")).length;
  assert(known > 7_400 && known < 7_500, `${known} maps of 4,500 characters each`);
  assertEquals(main.paths().at(-1), "B.other");
  assertEquals(network.problems.length, 1, "said once of a thread");
  assert(network.problems[0]!.includes("ignored the map A.x"));
  writer.map(`A.${name}.0`).set("x", name);
  writer.map("B.other").set("x", name);
  network.run(1_000);
  assertEquals([main.map(`A.${name}.0`).size, main.map("B.other").size], [0, 1]);
});

Deno.test("what is set in one turn travels at the pace, too, and all of it when the thread leaves", () => {
  const network = new Network();
  const reader = network.join("reader");
  const pace = { burst: 5, perSecond: 10, bytesBurst: 1e6, bytesPerSecond: 1e6, onHeld: () => {} };
  const writer = network.join("writer", { pace });
  network.run(1_000);
  const map = writer.map<string, string>("M");
  for (let i = 0; i < 60; i++) map.set(`${i}`, "x".repeat(100_000));
  const arrived = () => reader.map("M").size;
  network.run(50);
  assert(arrived() > 5 && arrived() < 20, `${arrived()} at once`);
  network.run(2_000);
  assert(arrived() > 20 && arrived() < 45, `${arrived()} after 2 s`);
  writer.leave();
  network.run(50);
  assertEquals(content(reader), content(writer));
  assertEquals(arrived(), 60);
});

Deno.test("no more than 8 MB of writes wait: what is beyond is refused, until some have travelled", () => {
  const network = new Network();
  const reader = network.join("reader");
  const pace = { burst: 5, perSecond: 10, bytesBurst: 1e6, bytesPerSecond: 1e6, onHeld: () => {} };
  const writer = network.join("writer", { pace });
  network.run(1_000);
  const map = writer.map<string, unknown>("M");
  for (let i = 0; i < 8; i++) map.set(`${i}`, { text: "x".repeat(1_000_000) });
  assertThrows(() => map.set("8", "x".repeat(500_000)), Error, "writes wait to travel already");
  assertEquals([map.size, map.has("8")], [8, false]);
  map.set("7", "small");
  map.set("8", "x".repeat(500_000));
  network.run(10_000);
  assertEquals(content(reader), content(writer));
  map.set("9", "x".repeat(1_000_000));
});
