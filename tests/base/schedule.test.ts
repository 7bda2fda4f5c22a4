import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { refuseSchedule, Schedule, sleepUntil, unusualSchedule } from "../../lib/base/schedule.ts";

const FIELDS = `; expected cron's five fields, such as "0 3 * * 1-5"`;

Deno.test("a schedule has five fields, times that come, and a time zone that there is", () => {
  const cases: [pattern: string, timeZone: string | undefined, problem: string | undefined][] = [
    ["0 3 * * 1-5", undefined, undefined],
    [" 0  3 * * *\t", "Europe/Berlin", undefined],
    ["0 3 * *", undefined, `it has 4 fields${FIELDS}`],
    ["0 0 3 * * *", undefined, undefined],
    ["@daily", undefined, undefined],
    ["", undefined, `it has 0 fields${FIELDS}`],
    ["0 0 31 2 *", undefined, `no such time comes${FIELDS}`],
    [
      "0 3 * * *",
      "Europe/Berlim",
      "there is no time zone 'Europe/Berlim'; expected one such as Europe/Berlin",
    ],
  ];
  for (const [pattern, timeZone, problem] of cases) {
    assertEquals(refuseSchedule(pattern, timeZone), problem);
  }
  assertEquals(["0 3 * * *", " 0  3 * * *\t"].map(unusualSchedule), [undefined, undefined]);
  assertEquals(unusualSchedule("@daily"), `it has 1 field${FIELDS}`);
  assertEquals(unusualSchedule("0 0 3 * * *"), `it has 6 fields${FIELDS}`);
  const odd = assertThrows(() => new Schedule("61 3 * * *"), TypeError);
  assertEquals(/^(?!CronPattern).*[^.]; expected cron's five fields/.test(odd.message), true);
});

Deno.test("the next time is that of the time zone, and missed ones are counted up to 1,000", () => {
  const at = (text: string) => Date.parse(text);
  const berlin = new Schedule("0 3 * * *", "Europe/Berlin");
  assertEquals(berlin.next(at("2026-11-24T00:00:00Z")), at("2026-11-24T02:00:00Z"));
  assertEquals(berlin.next(at("2026-11-24T02:00:00Z")), at("2026-11-25T02:00:00Z"));
  const [first, third] = [at("2026-11-24T02:00:00Z"), at("2026-11-26T02:00:00Z")];
  assertEquals(berlin.count(first - 1, third), 3);
  assertEquals(berlin.count(first, third), 2);
  assertEquals(berlin.count(first, third - 1), 1);
  assertEquals(new Schedule("* * * * *").count(0, 1e12), 1_000);
});

Deno.test("a wait for a time of day follows the host's clock within a minute", async () => {
  const clock = new ManualClock();
  let wall = 0;
  const stop = new AbortController();
  const begin = (due: number) => sleepUntil(due, { clock, wall: () => wall }, stop.signal);
  await begin(0);
  let isOver = false;
  const wait = begin(3_600_000).then(() => isOver = true);
  await clock.advance(59_999);
  wall = 3_600_000;
  assertEquals(isOver, false);
  await clock.advance(1);
  await wait;
  const short = begin(wall + 5);
  assertEquals(clock.nextWake, 60_005);
  stop.abort(new Error("stopped"));
  await assertRejects(() => short, Error, "stopped");
});

Deno.test("a wait for a time of day ends within a minute after the host's clock was set back", async () => {
  const clock = new ManualClock();
  let set = 0;
  const wall = () => clock.now() + set;
  const begin = (due: number) => sleepUntil(due, { clock, wall }, new AbortController().signal);
  const day = begin(86_400_000);
  await clock.advance(3_600_000 + 1_000);
  set = -7_200_000;
  await clock.advance(59_000);
  assertEquals(await day, false);
  const minute = begin(wall() + 60_000);
  set -= 30_000;
  await clock.advance(60_000);
  assertEquals(clock.sleeping, 1, "a small correction is waited for");
  await clock.advance(30_000);
  assertEquals(await minute, true);
});
