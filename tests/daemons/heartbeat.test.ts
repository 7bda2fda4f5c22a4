import { assertEquals, assertMatch } from "@std/assert";
import daemon from "../../daemons/heartbeat.ts";
import { simulate } from "../../lib/testing/author.ts";

Deno.test("each beat is in the map and, in whole, in the file", async () => {
  const home = await Deno.makeTempDir();
  const run = simulate(daemon, { arguments: { interval: "30s", file: "beat.json" }, home });
  await run.advance("1m");
  const beat = JSON.parse(await Deno.readTextFile(`${home}/beat.json`));
  assertEquals([beat.beats, beat.interval], [3, 30]);
  assertMatch(beat.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertEquals(Object.fromEntries(run.map("Heartbeat")), beat);
  await run.stop();
  await Deno.remove(home, { recursive: true });
});

Deno.test("a file that cannot be written is said, and the heart beats on", async () => {
  const run = simulate(daemon, { arguments: { interval: "1s", file: "/nowhere/at/all.json" } });
  await run.advance("2s");
  assertEquals(run.map("Heartbeat").get("beats"), 3);
  assertMatch(run.log[0]!.message, /^Cannot write .*all\.json: .*expected a file in /);
  await run.stop();
});
