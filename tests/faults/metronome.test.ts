import { assertEquals } from "@std/assert";
import { Metronome } from "./metronome.ts";

Deno.test("a metronome answers everybody who asks at the same time", async () => {
  using metronome = new Metronome();
  const answers = await Promise.all([1, 2, 3].map(() => metronome.delays()));
  assertEquals(answers.map(Array.isArray), [true, true, true]);
});
