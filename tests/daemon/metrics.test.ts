import { assertEquals } from "@std/assert";
import { declaredMetrics, type MetricSpecs, readMetrics } from "../../lib/daemon/metrics.ts";

const SPECS: MetricSpecs = {
  free: { type: "gauge", unit: "bytes", help: "Free space", label: "drive" },
  reads: { type: "counter", help: "Reads" },
};

function read(entries: Record<string, unknown>, specs = SPECS) {
  return readMetrics("disk", "disk", { Drives: specs }, () => new Map(Object.entries(entries)))
    .map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value}`);
}

Deno.test("a metric's name has the daemon, the unit and _total; its labels have the key", () => {
  assertEquals(read({ "C:": { free: 3, reads: 4 }, "D:": { free: 5 } }), [
    'icinga_warden_daemon_disk_free_bytes {"daemon":"disk","drive":"C:"} 3',
    'icinga_warden_daemon_disk_free_bytes {"daemon":"disk","drive":"D:"} 5',
    'icinga_warden_daemon_disk_reads_total {"daemon":"disk","key":"C:"} 4',
  ]);
});

Deno.test("a number under the metric's own name is its series, without a key", () => {
  assertEquals(read({ free: 3, other: 7 }), [
    'icinga_warden_daemon_disk_free_bytes {"daemon":"disk"} 3',
  ]);
});

Deno.test("a module's maps with metrics are known, and a module without them has none", () => {
  const maps = { Drives: { metrics: SPECS }, Plain: {} };
  assertEquals(declaredMetrics({ name: "disk", maps }), {
    module: "disk",
    maps: { Drives: SPECS },
  });
  assertEquals(declaredMetrics({ name: "disk", maps: { Plain: {} } }), undefined);
  assertEquals(declaredMetrics({ name: "disk" }), undefined);
  assertEquals(declaredMetrics(undefined), undefined);
});

Deno.test("what is no number is left out, and so is a counter below 0", () => {
  const odd = [NaN, Infinity, "3", 3n, null, undefined, [3], { valueOf: () => 3 }];
  const entries = Object.fromEntries(odd.map((free, n) => [`k${n}`, { free }]));
  assertEquals(read({ ...entries, list: [3], text: "x", none: null, less: { reads: -1 } }), []);
  assertEquals(read({ a: { reads: 0, free: -1 } }).map((series) => series.split(" ")[2]), [
    "-1",
    "0",
  ]);
});

Deno.test("series are bounded, and no two are the same", () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [n, { free: n }]));
  assertEquals(read(many).length, 1_000);
  const both = Object.fromEntries(
    Array.from({ length: 900 }, (_, n) => [n, { free: n, reads: n }]),
  );
  assertEquals(read(both).length, 1_000);
  assertEquals(read({ "a\nb": { free: 1 }, "a b": { free: 2 } }).map((one) => one.at(-1)), ["1"]);
  const alike = { "a\nb": { free: 1 }, "a b": { free: 2 }, [`${"x".repeat(300)}1`]: { free: 3 } };
  assertEquals(read({ ...alike, [`${"x".repeat(300)}2`]: { free: 4 } }).length, 2);
  const [long] = read({ ["x".repeat(300)]: { free: 1 } });
  assertEquals(long!.match(/x{100,}/)?.[0].length, 200);
  const broken = Object.fromEntries(["\ud800", "\ufffd"].map((key) => [key, { free: 1 }]));
  assertEquals(read(broken).length, 1);
});
