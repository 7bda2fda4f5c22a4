import { assertEquals } from "@std/assert";
import { diffPlans } from "../../lib/supervisor/diff.ts";

Deno.test("only what differs is started, stopped or restarted", () => {
  const plans = (text: string) => new Map(text.split(" ").map((plan) => [plan[0]!, plan]));
  const diff = (before: string, after: string) =>
    diffPlans(plans(before), plans(after), (a, b) => a === b);
  assertEquals(diff("a1 b1", "a1 b1"), { start: [], stop: [], restart: [] });
  assertEquals(diff("a1 b1 c1", "c2 a1 d1"), { start: ["d1"], stop: ["b"], restart: ["c2"] });
});
