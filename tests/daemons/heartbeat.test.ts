import { assertEquals, assertMatch, assertRejects } from "@std/assert";
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
  // A beat of an earlier run, and what a power failure leaves, are written over.
  for (const before of [undefined, "", "\0\0\0"]) {
    if (before !== undefined) await Deno.writeTextFile(`${home}/beat.json`, before);
    const again = simulate(daemon, { arguments: { file: "beat.json" }, home });
    await again.advance("1s");
    await again.stop();
    assertEquals(JSON.parse(await Deno.readTextFile(`${home}/beat.json`)).beats, 1);
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("a file that holds anything else, such as a configuration of another name, is kept", async () => {
  const home = await Deno.makeTempDir();
  const files = {
    "other.json": '{ "daemons": {} }',
    "link.json": "",
    "note.txt": "a note",
    "meeting.json": '{ "time": "10:00" }',
    "music.json": '{ "beats": 120 }',
  };
  for (const [name, text] of Object.entries(files)) {
    if (text !== "") await Deno.writeTextFile(`${home}/${name}`, text);
    else await Deno.symlink(`${home}/other.json`, `${home}/${name}`);
    const run = simulate(daemon, { arguments: { file: name }, home });
    const expected = `${name} holds something else than a beat, and is not overwritten`;
    await assertRejects(() => run.advance("1s"), Error, expected);
  }
  assertEquals(await Deno.readTextFile(`${home}/other.json`), files["other.json"]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("a file that cannot be written is a verdict and one error, and the heart beats on", async () => {
  const home = await Deno.makeTempDir();
  const run = simulate(daemon, { arguments: { interval: "1s", file: "a/beat.json" }, home });
  const verdict = () => run.map("Verdict").get("now") as Record<string, unknown> | undefined;
  await run.advance("2s");
  assertEquals(run.map("Heartbeat").get("beats"), 3);
  const expected =
    /^Cannot write \S*beat\.json: its folder does not exist; expected a file in \S*a$/;
  const errors = run.log.filter(({ level }) => level === "error");
  assertEquals(errors.length, 1);
  assertMatch(errors[0]!.message, expected);
  assertEquals(verdict()?.level, "critical");
  assertMatch(`${verdict()?.text}`, expected);
  await Deno.mkdir(`${home}/a`);
  await run.advance("2s");
  assertEquals(verdict()?.level, "ok");
  assertMatch(run.log.at(-1)!.message, /^It works again: Cannot write .*beat\.json/);
  await Deno.remove(`${home}/a`, { recursive: true });
  await run.advance("2s");
  assertEquals([verdict()?.level, run.log.length], ["critical", 3]);
  await run.stop();
  const well = simulate(daemon, { arguments: { interval: "1s", file: "beat.json" }, home });
  await well.advance("2s");
  assertEquals([well.map("Verdict").get("now"), well.log], [undefined, []]);
  await well.stop();
  await Deno.remove(home, { recursive: true });
});

Deno.test("a file of the agent's own is refused, however its path is written", async () => {
  const home = await Deno.makeTempDir();
  const check = (file: string) => daemon.arguments!.file.checkTogether({ file })?.warning;
  const own = [
    ...["icinga-warden.json", "Icinga-Warden.RUN.json", "icinga-warden.lock", "STATE.json.1"],
    ...["control.token", "monitor.TOKEN", "secrets/x", "Daemons\\x.ts", "logs/icinga-warden.log"],
    ...["./a/../secrets/x", "/etc/icinga-warden.json", "C:\\x\\icinga-warden.exe", "icinga-warden"],
    ...["icinga-warden.json. ", "icinga-warden.json::$DATA", "C:state.json"],
  ];
  for (const file of own) {
    assertMatch(check(file) ?? `${file} is taken`, /^expected .*: this one is the agent's own$/);
  }
  for (
    const file of [
      "",
      "heartbeat.json",
      "my/state/x",
      "logs/beat.json",
      "/var/logs/x",
      "C:\\secrets\\x",
    ]
  ) {
    assertEquals(check(file), undefined);
  }
  for (const file of [`${home}/secrets/x`, `${home}/../${home.split("/").at(-1)}/daemons/x.ts`]) {
    const run = simulate(daemon, { arguments: { file }, home });
    await assertRejects(() => run.advance("1s"), Error, "this one is the agent's own");
  }
  await Deno.remove(home, { recursive: true });
});
