import { assertEquals } from "@std/assert";
import { ago, counted, serviceTone, size, span, threadTone } from "../../lib/page/format.js";

Deno.test("a span is told in its two largest units, the smaller one rounded down", () => {
  const table: [seconds: number, text: string][] = [
    [0, "0 s"],
    [0.9, "0 s"],
    [1, "1 s"],
    [59, "59 s"],
    [60, "1 min"],
    [119, "1 min 59 s"],
    [3_600, "1 h"],
    [3_659, "1 h"],
    [7_199, "1 h 59 min"],
    [86_400, "1 d"],
    [90_000, "1 d 1 h"],
    [100 * 86_400 - 1, "99 d 23 h"],
  ];
  for (const [seconds, text] of table) assertEquals(span(seconds), text, `${seconds} s`);
});

Deno.test("numbers, sizes and times are told as people read them", () => {
  assertEquals([0, 1, 2].map((n) => counted(n, "restart")), [
    "0 restarts",
    "1 restart",
    "2 restarts",
  ]);
  assertEquals(size(1.5 * 1024 ** 2), "1.5 MB");
  const now = Date.now();
  const times = [now + 60_000, now, now - 90_000, now - 7_260_000];
  assertEquals(times.map((time) => ago(new Date(time).toISOString())), [
    "just now",
    "just now",
    "1 min 30 s ago",
    "2 h 1 min ago",
  ]);
});

Deno.test("each state has its colour, and one that is not known the colour of a warning", () => {
  const services = ["RUNNING", "STOPPED", "PAUSED", "START_PENDING", null, undefined];
  assertEquals(services.map(serviceTone), ["ok", "crit", "crit", "warn", "idle", "idle"]);
  const threads = [
    "running",
    "finished",
    "scheduled",
    "backing-off",
    "failed",
    "frozen",
    "disabled",
  ];
  assertEquals(threads.map(threadTone), ["ok", "ok", "ok", "warn", "crit", "crit", "idle"]);
});
