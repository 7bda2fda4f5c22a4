import { assertEquals } from "@std/assert";
import { diffPlans, samePlan } from "../../lib/supervisor/plan.ts";
import { planOf } from "./supervised.ts";

Deno.test("only what differs is started, stopped or restarted", () => {
  const plans = (text: string) => new Map(text.split(" ").map((plan) => [plan[0]!, plan]));
  const diff = (before: string, after: string) =>
    diffPlans(plans(before), plans(after), (a, b) => a === b);
  assertEquals(diff("a1 b1", "a1 b1"), { start: [], stop: [], restart: [] });
  assertEquals(diff("a1 b1 c1", "c2 a1 d1"), { start: ["d1"], stop: ["b"], restart: ["c2"] });
});

Deno.test("a plan with another log level is the same; one with anything else changed is not", () => {
  const plan = planOf("x");
  const { assignment } = plan;
  assertEquals(samePlan(plan, { ...plan, assignment: { ...assignment, logLevel: "debug" } }), true);
  assertEquals(samePlan(plan, { ...plan, assignment: { ...assignment, version: "2" } }), false);
  assertEquals(samePlan(plan, planOf("x", { frozenAfter: 1 })), false);
});
