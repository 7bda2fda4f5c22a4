import { assertEquals } from "@std/assert";
import { Sequence } from "../../lib/state/sequence.ts";

/** A sequence, what it did, and its one timer, which runs when a test says so. */
function sequence() {
  const did: string[] = [];
  let timer: { ms: number; run: () => void } | undefined;
  const parts = new Sequence<number>({
    clock: {
      now: () => 0,
      atTurnsEnd: () => {},
      after: (ms, run) => {
        const own = timer = { ms, run };
        return () => timer = timer === own ? undefined : timer;
      },
    },
    apply: (batch) => did.push(`apply ${batch}`),
    ask: (number) => did.push(`ask ${number}`),
    onCurrent: () => did.push("current"),
  });
  const take = (...numbers: number[]) => {
    for (const number of numbers) parts.take(number, () => number);
  };
  /** What was done since the last call. */
  const done = () => did.splice(0);
  /** Lets the time pass that is waited for; returns how long it was, ms. */
  const pass = () => {
    const due = timer;
    timer = undefined;
    due?.run();
    return due?.ms;
  };
  return { parts, take, done, pass, waits: () => timer?.ms };
}

Deno.test("batches are taken in in their order, each once, and none before the beginning", () => {
  const { parts, take, done } = sequence();
  take(4, 3, 1);
  assertEquals(done(), []);
  parts.begin(2, 2);
  const did = done();
  assertEquals(did.filter((what) => what.startsWith("apply")), ["apply 3", "apply 4"]);
  assertEquals(did[2], "current", "and not before both are in");
  let reads = 0;
  for (const number of [1, 2, 4]) parts.take(number, () => reads++);
  assertEquals([reads, done()], [0, []]);
  take(5);
  assertEquals(done().slice(0, 2), ["apply 5", "current"]);
});

Deno.test("what is missing is asked for at once, then after 0.2 s, and ever less often up to 5 s", () => {
  const { parts, take, done, pass, waits } = sequence();
  parts.begin(0, 0);
  done();
  pass();
  parts.hearOf(1);
  take(3);
  assertEquals(done(), ["ask 0"]);
  assertEquals(Array.from({ length: 7 }, pass), [200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  assertEquals(done(), Array.from({ length: 7 }, () => "ask 0"));
  take(1);
  assertEquals([done(), waits()], [["apply 1"], 5_000]);
  pass();
  assertEquals(done(), ["ask 1"]);
  take(2);
  const did = done();
  assertEquals([did.slice(0, 3), waits()], [["apply 2", "apply 3", "current"], undefined]);
  parts.hearOf(4);
  assertEquals([done(), waits()], [["ask 3"], 200], "the next gap begins anew");
});

Deno.test("a beginning asks for what came before the channel was open, once when nothing is missing", () => {
  for (const [latest, told, again] of [[7, ["current"], []], [8, [], ["ask 7"]]] as const) {
    const { parts, done, pass } = sequence();
    parts.begin(7, latest);
    assertEquals(done().filter((what) => what !== "current"), ["ask 7"]);
    assertEquals(pass(), 200);
    assertEquals(done(), [...again]);
    parts.hearOf(7);
    assertEquals(done(), [...told]);
  }
});

Deno.test("before the beginning nothing is asked for, and after the end no more", () => {
  const { parts, done, pass } = sequence();
  parts.hearOf(9);
  assertEquals(done(), []);
  parts.begin(0, 0);
  assertEquals(done(), ["ask 0"], "what was heard of counts");
  parts.close();
  assertEquals([pass(), done()], [undefined, []]);
});

Deno.test("of what comes too early 64 batches are kept, and the next one always", () => {
  const { parts, take, done } = sequence();
  parts.begin(0, 0);
  done();
  take(...Array.from({ length: 100 }, (_, i) => i + 2));
  done();
  take(1);
  assertEquals(done().filter((what) => what.startsWith("apply")).length, 65);
  assertEquals(done(), []);
  take(66);
  assertEquals(done(), ["apply 66"]);
});
