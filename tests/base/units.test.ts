import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  DURATION_PATTERN,
  expectedDuration,
  expectedNumber,
  expectedSize,
  formatBytes,
  formatDuration,
  formatSize,
  formatSpan,
  formatTime,
  isWithin,
  parseDuration,
  parseSize,
  SIZE_PATTERN,
} from "../../lib/base/mod.ts";

Deno.test("durations are read as milliseconds", () => {
  const durations = { "500ms": 500, "5s": 5000, "2m": 120_000, "1h": 3_600_000, "1d": 86_400_000 };
  for (const [text, ms] of Object.entries(durations)) assertEquals(parseDuration(text), ms, text);
  assertEquals(parseDuration("0s"), 0);
  assertEquals(parseDuration("007s"), 7000);
});

Deno.test("sizes are read as bytes, a kilobyte being 1024", () => {
  const sizes = { "0B": 0, "512B": 512, "64KB": 65_536, "10MB": 10_485_760, "1GB": 1_073_741_824 };
  for (const [text, bytes] of Object.entries(sizes)) assertEquals(parseSize(text), bytes, text);
});

Deno.test("what is no duration or size is undefined", () => {
  const neither = ["", "5", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "5S", "5sec", "1e3s"];
  const alsoNeither = [
    "5s5s",
    "٥s",
    "5constructor",
    "5__proto__",
    "5toString",
    "5s\n",
    "Infinitys",
  ];
  for (const text of [...neither, ...alsoNeither, "9007199254740993ms", "9".repeat(400) + "d"]) {
    assertEquals(parseDuration(text), undefined, text);
    assertEquals(parseSize(text.replace("s", "KB").replace("ms", "B")), undefined, text);
  }
  for (const text of ["10mb", "10M", "10KiB", "1TB"]) assertEquals(parseSize(text), undefined);
});

Deno.test("a quantity is written in the largest unit that holds it exactly", () => {
  assertEquals([0, 1500, 90_000, 60_000, 86_400_000].map(formatDuration), [
    "0ms",
    "1500ms",
    "90s",
    "1m",
    "1d",
  ]);
  assertEquals([0, 1000, 1024, 10_485_760, 1_073_741_824].map(formatSize), [
    "0B",
    "1000B",
    "1KB",
    "10MB",
    "1GB",
  ]);
});

Deno.test("what is written is read back, and has the form that the JSON schema asks for", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    assertEquals(parseDuration(formatDuration(value)), value);
    assertEquals(parseSize(formatSize(value)), value);
    assertEquals(DURATION_PATTERN.test(formatDuration(value)), true);
    assertEquals(SIZE_PATTERN.test(formatSize(value)), true);
  }));
});

Deno.test("bounds include both ends and may be open", () => {
  assertEquals([0, 1, 2, 3].map((n) => isWithin(n, { min: 1, max: 2 })), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals([0, 1].map((n) => isWithin(n, { min: 1 })), [false, true]);
  assertEquals(isWithin(0, {}), true);
  assertEquals(isWithin(NaN, {}), false);
});

Deno.test("what is expected names the bounds in the value's own form", () => {
  assertEquals(
    expectedDuration({ min: 1000, max: 3_600_000 }),
    "expected a duration such as 500ms, 5s, 2m or 1h, from 1s to 1h",
  );
  assertEquals(
    expectedSize({ min: 65_536 }),
    "expected a size such as 64KB, 10MB or 1GB, at least 64KB",
  );
  assertEquals(expectedNumber({ max: 3 }), "expected a number, at most 3");
  assertEquals(expectedNumber({}, true), "expected a whole number");
});

Deno.test("people read a time in their own zone, with the zone", () => {
  const before = Deno.env.get("TZ");
  const cases: [string, string, string][] = [
    ["Europe/Berlin", "2026-11-24T06:12:03.456Z", "2026-11-24 07:12:03 +01:00"],
    ["Europe/Berlin", "2026-07-24T22:12:03Z", "2026-07-25 00:12:03 +02:00"],
    ["America/St_Johns", "2026-11-24T01:00:00Z", "2026-11-23 21:30:00 -03:30"],
    ["Asia/Kathmandu", "2026-12-31T23:59:59.999Z", "2027-01-01 05:44:59 +05:45"],
    ["UTC", "2026-11-24T06:12:03Z", "2026-11-24 06:12:03 +00:00"],
    ["UTC", "soon", "soon"],
  ];
  try {
    for (const [zone, iso, text] of cases) {
      Deno.env.set("TZ", zone);
      assertEquals(formatTime(iso), text, zone);
    }
  } finally {
    if (before === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", before);
  }
});

Deno.test("people read a span in its two largest units", () => {
  const spans: Record<number, string> = {
    ...{ 0: "0 s", 0.9: "0 s", 1: "1 s", 59.9: "59 s", 60: "1 min", 61: "1 min 1 s" },
    ...{ 3_599: "59 min 59 s", 3_600: "1 h", 3_659: "1 h", 11_520: "3 h 12 min" },
    ...{ 86_399: "23 h 59 min", 86_400: "1 d", 90_000: "1 d 1 h", 176_400: "2 d 1 h" },
  };
  for (const [seconds, text] of Object.entries(spans)) {
    assertEquals(formatSpan(Number(seconds)), text, seconds);
  }
});

Deno.test("people read bytes as Windows counts them", () => {
  const MB = 1024 ** 2;
  assertEquals(
    [0, 511, 512, MB - 1024, MB, 4.14 * MB, 1024 * MB - MB, 1024 * MB].map(formatBytes),
    [
      ...["0 KB", "0 KB", "1 KB", "1023 KB", "1.0 MB", "4.1 MB", "1023.0 MB", "1.0 GB"],
    ],
  );
});
