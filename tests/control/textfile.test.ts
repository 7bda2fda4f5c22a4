import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { readStatus } from "../../lib/control/status.ts";
import { isTextfileDue, keepTextfile } from "../../lib/control/exporter.ts";
import { withControl } from "./served.ts";
import { agentMaps, MOMENT, stateOf } from "./state.ts";

const EVERY = 60_000;

Deno.test("the textfile is written when something changed, and else at every fifth time", () => {
  assertEquals(isTextfileDue(true, 0, EVERY), true);
  assertEquals(isTextfileDue(false, 4 * EVERY, EVERY), false);
  assertEquals(isTextfileDue(false, 5 * EVERY, EVERY), true);
  assertEquals(isTextfileDue(false, Infinity, EVERY), true);
});

async function until(met: () => unknown): Promise<void> {
  for (const end = Date.now() + 60_000; !await met();) {
    assertEquals(Date.now() < end, true, "not within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("the textfile has the metrics, is left alone while nothing changes, and stays at the end", async () => {
  const home = await Deno.makeTempDir();
  const file = `${home}/a.prom`;
  const state = stateOf(agentMaps());
  const moment = { ...MOMENT };
  const sources = {
    ...{ state, logFile: "", watch: () => () => {}, listen: () => () => {}, changes: () => 1 },
    status: () => readStatus(state, moment),
  };
  const clock = new ManualClock();
  const end = new AbortController();
  const troubles: (string | undefined)[] = [];
  const parts = {
    ...{ home, clock },
    report: (_: string, text?: string) => void troubles.push(text),
  };
  const done = keepTextfile({ textfile: "a.prom", every: EVERY }, sources, parts, end.signal);
  const turn = async () => {
    const before = troubles.length;
    await clock.advance(EVERY);
    await until(() => troubles.length > before);
  };
  await until(() => troubles.length === 1);
  assertStringIncludes(await Deno.readTextFile(file), 'icinga_warden_health{health="ok"} 1\n');
  if (Deno.build.os !== "windows") {
    const mode = (await Deno.stat(file)).mode! & 0o777;
    assertEquals(mode, 0o644 & ~Deno.umask(), "the collector runs as another account");
  }
  await Deno.remove(file);
  for (const round of [1, 2]) {
    for (let i = 0; i < 4; i++) await turn();
    assertEquals(await Deno.stat(file).catch(() => undefined), undefined, `round ${round}`);
    await turn();
    await Deno.remove(file);
  }
  moment.memory++;
  await turn();
  assertStringIncludes(await Deno.readTextFile(file), "_resident_memory_bytes 80000001\n");
  assertEquals(troubles.some(Boolean), false);
  await Deno.remove(file);
  await Deno.mkdir(file);
  moment.memory++;
  await turn();
  assertMatch(troubles.at(-1)!, /^control\.metrics\.textfile: Cannot write .*a\.prom: /);
  await Deno.remove(file);
  await turn();
  assertEquals(troubles.at(-1), undefined);
  end.abort();
  await done;
  assertEquals((await Deno.stat(file)).isFile, true);
  await Deno.remove(home, { recursive: true });
});

Deno.test("an agent that ends waits for the textfile's writer", async () => {
  let hasEnded = false;
  /** Its sleep is over some turns after it was to end. */
  class SlowClock extends ManualClock {
    override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      if (ms !== EVERY) return await super.sleep(ms, signal);
      await super.sleep(ms, signal).catch(() => {});
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve));
      hasEnded = true;
      signal?.throwIfAborted();
    }
  }
  await withControl(
    async ({ home }) => {
      await until(() => Deno.stat(`${home}/a.prom`).catch(() => undefined));
      assertEquals(hasEnded, false);
    },
    { metrics: { textfile: "a.prom", every: EVERY } },
    { clock: new SlowClock() },
  );
  assertEquals(hasEnded, true);
});
