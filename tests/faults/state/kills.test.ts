/**
 * A process that saves its state is killed at random moments, and what it leaves is looked at.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { readSaved } from "../../../lib/state/saved.ts";

const KILLS = 200;
const FOLDERS = 8;

/** How old the saved state may be, ms: a second between saves, and a generous time for the disk of a busy machine. */
const OLDEST = 1_000 + 2_000;

/** A life: what it printed, up to its last line. */
async function live(folder: string, ms: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(import.meta.resolve("./saver.ts")), folder],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: { DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  let output = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
  }
  await child.status;
  return output.slice(0, output.lastIndexOf("\n")).split("\n");
}

/** Lives and deaths on one folder, one after the other. */
async function liveAndDie(folder: string, kills: number): Promise<void> {
  let times = new Map<number, number>();
  let before = 0;
  for (let kill = 0; kill < kills; kill++) {
    const lines = await live(folder, Math.random() * 1_500);
    const warnings = lines.filter((line) => line.startsWith("warning"));
    assertEquals(warnings, []);
    const counts = lines.map((line) => line.split(" ").map(Number));
    const [first] = counts[0]!;
    assertEquals(first, before + 1, "what was saved is given back");
    times = new Map(counts as [number, number][]);
    const last = counts.at(-1)![1]!;
    const count = readSaved(
      await Deno.readTextFile(`${folder}/state.json`).catch(() => '{"format":1,"maps":{}}'),
    ).get("Count");
    before = count?.get("number") as number ?? 0;
    // The state that was saved was true until the next number was counted.
    const until = times.get(before + 1) ?? Infinity;
    assert(until >= last - OLDEST, `${last - until} ms old`);
    if (count) assertEquals(count.get("text") ?? "", before ? String(before).repeat(1000) : "");
  }
}

Deno.test({
  name: `killed ${KILLS} times at random moments, the state is always whole and new enough`,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Promise.all(Array.from({ length: FOLDERS }, async (_, i) => {
        await Deno.mkdir(`${folder}/${i}`);
        await liveAndDie(`${folder}/${i}`, KILLS / FOLDERS);
      }));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
