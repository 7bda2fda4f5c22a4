import { assertEquals } from "@std/assert";
import {
  describeVerdict,
  judge,
  NEW_VIGIL,
  type Verdict,
  type Vigil,
} from "../../lib/supervisor/health.ts";
import { awake } from "../../lib/supervisor/watch.ts";

const MB = 1024 * 1024;
const policy = { frozenAfter: 3_000, memoryLimit: 100 * MB };

/** What a second's looks show, each given as `<beats> <MB held>`, of a thread that runs. */
function verdicts(looks: string[], running = true): Verdict[] {
  let vigil: Vigil = NEW_VIGIL;
  return looks.map((look) => {
    const [count = 0, held = 0] = look.split(" ").map(Number);
    const beat = { count, heap: held * MB, lag: 0, exhausted: held > 200 };
    const judged = judge(policy, vigil, beat, running, 1_000);
    vigil = judged.vigil;
    return judged.verdict;
  });
}

Deno.test("a thread that beats is well, and frozen when it has not beaten for long", () => {
  assertEquals(verdicts(["1 5", "1 5", "1 5", "2 5", "2 5"]), Array(5).fill("well"));
  assertEquals(verdicts(["1 5", "1 5", "1 5", "1 5"]), ["well", "well", "well", "frozen"]);
  assertEquals(verdicts(["0 0", "0 0", "0 0"]), ["well", "well", "frozen"]);
});

Deno.test("too much memory is a warning first, and is judged when it was not let go of", () => {
  assertEquals(verdicts(["1 101", "1 101", "2 101"]), ["heavy", "well", "too-heavy"]);
  assertEquals(verdicts(["1 101", "2 99", "3 101"]), ["heavy", "well", "heavy"]);
});

Deno.test("a heap that came to its end is judged at once", () => {
  assertEquals(verdicts(["1 5", "2 201"]), ["well", "exhausted"]);
});

Deno.test("a thread that beats, and whose module does not come to its end, is stuck", () => {
  const beats = Array.from({ length: 10 }, (_, i) => `${i + 1} 5`);
  assertEquals(verdicts(beats, false), [...Array(9).fill("well"), "stuck"]);
  assertEquals(verdicts(Array(10).fill("0 0"), false), [...Array(9).fill("well"), "frozen"]);
});

Deno.test("an hour that the machine slept is no time in which a thread was silent", () => {
  assertEquals(awake(1_010, 1_000), 1_010);
  assertEquals(awake(3_600_000, 1_000), 2_000);
});

Deno.test("what a look has shown is said with what was found and what is allowed", () => {
  const text = (verdict: Exclude<Verdict, "well">) =>
    describeVerdict(verdict, { heap: 123 * MB }, policy);
  assertEquals(text("heavy"), "it holds 123MB; its memoryLimit is 100MB");
  assertEquals(text("frozen"), "it is frozen: no sign of life for 3 s");
});
