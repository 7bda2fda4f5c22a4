import { assertEquals } from "@std/assert";
import { type ServiceState, serviceStates } from "../../lib/service/manager.ts";
import { planDependents } from "../../lib/service/windows.ts";
import { nextStep, type RestartStep } from "../../lib/service/restart.ts";

const table: [state: ServiceState, taken: RestartStep[], next: RestartStep][] = [
  ["STOPPED", [], "start"],
  ["STOPPED", ["wait"], "start"],
  ["STOPPED", ["stop"], "start"],
  ["STOPPED", ["start"], "give up"],
  ["STOPPED", ["start", "wait"], "give up"],
  ["RUNNING", [], "stop"],
  ["RUNNING", ["stop", "start"], "done"],
  ["RUNNING", ["wait"], "done"],
  ["RUNNING", ["continue"], "done"],
  ["PAUSED", [], "continue"],
  ["PAUSED", ["wait"], "continue"],
  ["PAUSED", ["continue"], "stop"],
  ["PAUSED", ["continue", "stop"], "give up"],
  ["START_PENDING", [], "wait"],
  ["START_PENDING", ["start", "wait"], "wait"],
  ["STOP_PENDING", [], "wait"],
  ["CONTINUE_PENDING", ["continue"], "wait"],
  ["PAUSE_PENDING", [], "wait"],
];

for (const [state, taken, next] of table) {
  Deno.test(`${state} after [${taken.join(", ")}]: ${next}`, () => {
    assertEquals(nextStep(state, new Set(taken)), next);
  });
}

Deno.test("a service that was not seen running is never stopped when it runs by now", () => {
  for (const seen of serviceStates) {
    const expected = seen === "RUNNING" ? "stop" : "done";
    assertEquals(nextStep("RUNNING", new Set(), seen), expected, seen);
  }
});

Deno.test("whatever states a service shows, only waiting is repeated", () => {
  for (const state of serviceStates) {
    const all = new Set<RestartStep>(["wait", "start", "stop", "continue"]);
    assertEquals(["wait", "done", "give up"].includes(nextStep(state, all)), true, state);
  }
});

/** Each dependent by its name and state, in the order in which Windows lists them. */
const dependents: [listed: [string, ServiceState][], stop: string[], start: string[]][] = [
  [[], [], []],
  [[["a", "STOPPED"]], [], []],
  [[["a", "RUNNING"]], ["a"], ["a"]],
  [[["above", "RUNNING"], ["below", "RUNNING"]], ["above", "below"], ["below", "above"]],
  [[["a", "RUNNING"], ["b", "STOPPED"], ["c", "RUNNING"]], ["a", "c"], ["c", "a"]],
  [[["a", "START_PENDING"], ["b", "CONTINUE_PENDING"]], ["a", "b"], ["b", "a"]],
  [[["a", "PAUSED"], ["b", "PAUSE_PENDING"]], ["a", "b"], []],
  [[["a", "STOP_PENDING"], ["b", "RUNNING"]], ["a", "b"], ["b"]],
];

for (const [listed, stop, start] of dependents) {
  const shown = listed.map((pair) => pair.join(" ")).join(", ");
  Deno.test(`dependents [${shown}]: stop [${stop}], start [${start}]`, () => {
    const plan = planDependents(listed.map(([name, state]) => ({ name, state })));
    assertEquals(plan, { stop, start });
  });
}
