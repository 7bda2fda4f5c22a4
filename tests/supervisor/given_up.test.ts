import { assertEquals, assertMatch } from "@std/assert";
import { MOST_GIVEN_UP, refuseThread } from "../../lib/supervisor/given_up.ts";

Deno.test("a daemon is given no other thread when two that cannot be ended are there and the process takes much", () => {
  const cases: [threads: number, taken: number, idle: number, cores: number, refused: boolean][] = [
    [0, 4, 0, 4, false],
    [1, 4, 0, 4, false],
    [2, 0, 4, 4, false],
    [2, 1.49, 2.51, 4, false],
    [2, 1.5, 2.5, 4, true],
    [2, 1.49, 0.51, 2, false],
    [2, 1.5, 0.5, 2, true],
    [2, 0.74, 0.26, 1, false],
    [2, 0.75, 0.25, 1, true],
    // A container that has one core of eight.
    [2, 0.74, 7, 1, false],
    [2, 0.75, 7, 1, true],
    // Others take the rest.
    [2, 0.6, 0.1, 2, true],
    [2, 0.6, 0.3, 2, false],
    [2, 0.24, 0, 2, false],
    [MOST_GIVEN_UP - 1, 0, 4, 4, false],
    [MOST_GIVEN_UP, 0, 4, 4, true],
  ];
  for (const [threads, taken, idle, cores, refused] of cases) {
    const what = `${threads} threads, ${taken} taken and ${idle} idle of ${cores} cores`;
    assertEquals(
      refuseThread({ threads, recent: threads, taken, idle, cores }) !== undefined,
      refused,
      what,
    );
  }
});

Deno.test("threads of what a daemon was before it was changed are no reason, but for their number", () => {
  const load = { recent: 1, taken: 4, idle: 0, cores: 4 };
  assertEquals(refuseThread({ ...load, threads: MOST_GIVEN_UP - 1 }), undefined);
  assertMatch(refuseThread({ ...load, threads: MOST_GIVEN_UP })!, /^10 threads of this daemon/);
});

Deno.test("a refusal says what there is and what helps", () => {
  assertEquals(
    refuseThread({ threads: 2, recent: 2, taken: 1.984, idle: 0.01, cores: 2 }),
    "2 threads of this daemon that cannot be ended go on, and the agent takes 198 % of a core: mend the daemon and restart the agent",
  );
  assertMatch(
    refuseThread({ threads: MOST_GIVEN_UP, recent: 0, taken: 0, idle: 2, cores: 2 })!,
    /^10 threads .* go on, and more may not: mend the daemon/,
  );
});
