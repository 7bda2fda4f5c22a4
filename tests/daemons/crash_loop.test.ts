import { assertEquals } from "@std/assert";
import {
  afterAttempt,
  afterSeen,
  isStable,
  type Loop,
  nextAttempt,
  NO_LOOP,
} from "../../daemons/shared/crash_loop.ts";

const MINUTE = 60_000;
const SETTINGS = { stableAfter: MINUTE, maxRestarts: 5, backoff: 10_000 };

Deno.test("how long after an attempt the next one may be made", () => {
  const cases: [loop: Partial<Loop>, backoff: number, wait: number][] = [
    [{ inRow: 0 }, 10_000, -Infinity],
    [{ inRow: 1 }, 10_000, 10_000],
    [{ inRow: 2 }, 10_000, 20_000],
    [{ inRow: 5 }, 10_000, 160_000],
    [{ inRow: 6 }, 10_000, 5 * MINUTE],
    [{ inRow: 5_000 }, 10_000, 5 * MINUTE],
    [{ inRow: 7 }, 0, 0],
    [{ inRow: 5, failures: 1 }, 10_000, -Infinity],
    [{ failures: 2 }, 10_000, -Infinity],
    [{ failures: 3 }, 10_000, 10_000],
    [{ failures: 4 }, 10_000, 20_000],
    [{ inRow: 0, flapping: true }, 0, 5 * MINUTE],
    [{ inRow: 1, flapping: true }, 10_000, 5 * MINUTE],
  ];
  for (const [loop, backoff, wait] of cases) {
    const at = nextAttempt({ ...NO_LOOP, lastAttempt: 1_000, ...loop }, backoff);
    assertEquals(at, 1_000 + wait, JSON.stringify(loop));
  }
  assertEquals(nextAttempt({ ...NO_LOOP, flapping: true }, 10_000), -Infinity);
});

Deno.test("when a service begins to flap, and when it flaps no more", () => {
  const now = 120 * MINUTE;
  const ago = (...minutes: number[]) => minutes.map((minute) => now - minute * MINUTE);
  const cases: [loop: Partial<Loop>, runs: boolean, maxRestarts: number, flapping: boolean][] = [
    [{ restarts: ago(9, 8, 7, 6) }, false, 5, false],
    [{ restarts: ago(9, 8, 7, 6, 5) }, false, 5, true],
    [{ restarts: ago(9, 8, 7, 6, 5) }, true, 5, false],
    [{ restarts: ago(10, 8, 7, 6, 5) }, false, 5, false],
    [{ restarts: ago(1) }, false, 1, true],
    [{ restarts: ago(9, 8, 7, 6, 5) }, false, 0, false],
    [{ flapping: true }, false, 5, true],
    [{ flapping: true, runningSince: now - 9 * MINUTE }, true, 5, true],
    [{ flapping: true, runningSince: now - 10 * MINUTE }, true, 5, false],
    [{ flapping: true }, true, 5, true],
    [{ flapping: true }, false, 0, false],
  ];
  for (const [loop, runs, maxRestarts, flapping] of cases) {
    const next = afterSeen({ ...NO_LOOP, ...loop }, runs, now, { ...SETTINGS, maxRestarts });
    assertEquals(next.flapping, flapping, JSON.stringify(loop));
  }
});

Deno.test("a service that has run for stableAfter is stable, and its restarts in a row are forgotten", () => {
  let loop = afterAttempt(NO_LOOP, false, 0);
  assertEquals([loop.failures, loop.inRow], [1, 0]);
  loop = afterAttempt(loop, true, 10_000);
  assertEquals([loop.failures, loop.inRow, loop.restarts], [0, 1, [10_000]]);
  loop = afterSeen(loop, true, 10_000 + MINUTE - 1, SETTINGS);
  assertEquals([isStable(loop, 10_000 + MINUTE - 1, SETTINGS), loop.inRow], [false, 1]);
  loop = afterSeen(loop, true, 10_000 + MINUTE, SETTINGS);
  assertEquals([isStable(loop, 10_000 + MINUTE, SETTINGS), loop.inRow], [true, 0]);
  loop = afterSeen(loop, false, 11_000 + MINUTE, SETTINGS);
  assertEquals([loop.runningSince, loop.restarts], [undefined, [10_000]]);
  loop = afterSeen(loop, false, 10_000 + 60 * MINUTE, SETTINGS);
  assertEquals(loop.restarts, []);
});
