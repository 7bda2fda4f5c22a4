import { assertEquals } from "@std/assert";
import { Bucket, Outbox, type PaceOptions } from "../../lib/state/pace.ts";

Deno.test("a bucket gives its burst at once, then so much a second, and never more than its burst", () => {
  const bucket = new Bucket(10, 4, 1_000);
  const table: [at: number, use: number, wait: number, left: number][] = [
    [1_000, 0, 0, 10],
    [1_000, 9, 0, 1],
    [1_000, 1, 0, 0],
    [1_000, 1, 250, -1], // more than is left may be used
    [1_000, 2, 750, -3],
    [1_500, 0, 250, -1],
    [1_500, 0.5, 375, -1.5],
    [1_501, 0, 374, -1.496],
    [1_875, 0, 0, 0],
    [2_875, 1, 0, 3],
    [9_999, 0, 0, 10],
    [9_999, 1, 0, 9],
  ];
  for (const [at, use, wait, left] of table) {
    assertEquals(
      [bucket.use(use, at), Math.round(bucket.left(at) * 1e9) / 1e9],
      [wait, left],
      `${at}`,
    );
  }
});

/** An outbox on a clock that a test moves, and what it did. */
function outbox(pace?: Omit<PaceOptions, "onHeld">, bytes = 0) {
  const timers = new Set<{ at: number; run: () => void }>();
  const turn: (() => void)[] = [];
  const sent: [at: number, limit: number][] = [];
  const held: [at: number, held: number][] = [];
  let now = 0;
  const box = new Outbox(
    {
      now: () => now,
      atTurnsEnd: (run) => turn.push(run),
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    pace && { ...pace, onHeld: (count) => held.push([now, count]) },
    (limit) => (sent.push([now, limit]), bytes),
  );
  const endTurn = () => turn.splice(0).forEach((run) => run());
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      now = next.at;
      next.run();
    }
    now = end;
  };
  /** A turn in which something is written. */
  const write = (isUrgent?: boolean) => {
    box.add(isUrgent);
    endTurn();
  };
  return { box, write, endTurn, pass, sent, held, timers: () => timers.size };
}

Deno.test("what is written in one turn is sent once, at its end", () => {
  const { box, endTurn, sent } = outbox();
  box.add();
  box.add();
  assertEquals(sent, []);
  endTurn();
  endTurn();
  assertEquals(sent, [[0, Infinity]]);
  box.add();
  endTurn();
  assertEquals(sent.length, 2);
});

Deno.test("what comes too early is held back and travels as one; what is urgent does not wait", () => {
  const { write, pass, sent } = outbox({ burst: 2, perSecond: 10 });
  for (let i = 0; i < 5; i++) write();
  assertEquals(sent.length, 2);
  pass(99);
  assertEquals(sent.length, 2);
  pass(1);
  assertEquals(sent.slice(2), [[100, Infinity]]);
  write();
  pass(50);
  write(true);
  assertEquals(sent.slice(3), [[150, Infinity]]);
  pass(1_000);
  assertEquals(sent.length, 4, "with it travelled what was held back");
  write();
  write();
  write();
  assertEquals(sent.length, 6, "the next one is not urgent");
});

Deno.test("bytes have a pace of their own, where both are given, and what is left of it is told", () => {
  const pace = { burst: 100, perSecond: 100, bytesBurst: 1_000, bytesPerSecond: 500 };
  const { write, pass, sent } = outbox(pace, 1_200);
  write();
  assertEquals(sent, [[0, 1_000]]);
  write();
  pass(399);
  assertEquals(sent.length, 1);
  pass(1);
  assertEquals(sent.slice(1), [[400, 0]]);
  for (const part of [{ bytesBurst: 1_000 }, { bytesPerSecond: 500 }]) {
    const { write, sent } = outbox({ burst: 100, perSecond: 100, ...part }, 1_200);
    write();
    write();
    assertEquals(sent, [[0, Infinity], [0, Infinity]]);
  }
});

Deno.test("for as long as it is told to hold nothing is sent, then at once", () => {
  const { box, write, pass, sent } = outbox();
  box.hold(300);
  write();
  pass(299);
  write();
  assertEquals(sent, []);
  pass(1);
  assertEquals(sent, [[300, Infinity]]);
  write();
  assertEquals(sent.length, 2);
});

Deno.test("all is sent at once where that is asked for, and nothing is left to be sent later", () => {
  const { box, write, pass, sent } = outbox({ burst: 1, perSecond: 1 });
  write();
  write();
  box.flush();
  box.flush(7);
  pass(5_000);
  assertEquals(sent, [[0, Infinity], [0, Infinity], [0, 7]]);
});

Deno.test("after the end nothing is sent, and what was held back is told", () => {
  const { box, write, pass, sent, held, timers } = outbox({ burst: 1, perSecond: 1 });
  for (let i = 0; i < 4; i++) write();
  box.close();
  write(true);
  pass(10_000);
  assertEquals([sent.length, held, timers()], [1, [[0, 3]], 0]);
  const quiet = outbox({ burst: 1, perSecond: 1 });
  quiet.write();
  quiet.box.close();
  assertEquals(quiet.held, []);
});

Deno.test("a flood is told when it was over for a second, and each minute while it lasts", () => {
  const { write, pass, held, timers } = outbox({ burst: 1, perSecond: 1 });
  write();
  pass(10_000);
  assertEquals([held, timers()], [[], 0], "one message is no flood");
  write();
  write();
  pass(999);
  assertEquals(held.splice(0), []);
  pass(1);
  assertEquals([held.splice(0), timers()], [[[11_000, 1]], 0]);
  pass(9_000);
  write();
  for (let i = 0; i < 4 * 120 + 1; i++) {
    write();
    pass(250);
  }
  assertEquals(held, [[80_000, 240], [140_000, 240]]);
  pass(5_000);
  assertEquals(held.slice(2), [[141_000, 1]]);
  assertEquals(timers(), 0);
});

Deno.test("a flood that is over when it is told is not told again", () => {
  const { write, pass, held, timers } = outbox({ burst: 1, perSecond: 1 });
  write();
  write();
  for (let i = 0; i < 60; i++) {
    pass(999);
    write();
    pass(1);
  }
  pass(5_000);
  assertEquals([held, timers()], [[[60_000, 61]], 0]);
});
