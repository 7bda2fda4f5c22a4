import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import type { LogRecord } from "@logtape/logtape";
import { ManualClock } from "../../lib/base/mod.ts";
import { fileSink } from "../../lib/log/open.ts";

function record(message: string): LogRecord {
  return {
    category: ["icinga-warden", "agent"],
    level: "info",
    message: [message],
    rawMessage: message,
    timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    properties: {},
  };
}

/** A log in a folder of its own, and what a case does with it. */
class Bench {
  readonly clock = new ManualClock();
  readonly troubles: (string | undefined)[] = [];
  readonly folder = Deno.makeTempDirSync();
  readonly path = join(this.folder, "logs", "a.log");
  /** A path that another program holds, so that it cannot be renamed. */
  held: string | undefined;

  open({ maxSize = 1e6, keep = 1 } = {}) {
    return fileSink({ path: this.path, maxSize, keep }, {
      clock: this.clock,
      onTrouble: (trouble) => this.troubles.push(trouble),
      rename: (from, to) => {
        if (from === this.held) throw new Error(`It is held (os error 32): rename '${from}'`);
        Deno.renameSync(from, to);
      },
    });
  }

  read(name = "a.log"): string {
    return Deno.readTextFileSync(join(this.folder, "logs", name));
  }

  /** The numbers of the records in each file. */
  files(): Record<string, string> {
    const names = [...Deno.readDirSync(join(this.folder, "logs"))].map(({ name }) => name).sort();
    return Object.fromEntries(names.map((name) => [name, numbers(this.read(name))]));
  }
}

const numbers = (text: string) => [...text.matchAll(/: (\d+)x*$/gm)].map(([, n]) => n).join(" ");

/** About 100 bytes: two fit into 250. */
const numbered = (n: number) => record(`${n}${"x".repeat(60)}`);
const SMALL = { maxSize: 250, keep: 3 };

function inFolder(name: string, test: (bench: Bench) => void | Promise<void>): void {
  Deno.test(name, async () => {
    const bench = new Bench();
    try {
      await test(bench);
    } finally {
      await Deno.remove(bench.folder, { recursive: true });
    }
  });
}

inFolder("a record is one line: UTC time, level, source, message", (bench) => {
  using sink = bench.open();
  sink(record("two\nlines, \x1b[31mred and {braces}"));
  const text = bench.read();
  assertMatch(
    text,
    /^2026-01-02T03:04:05\.678Z \[INFO\] agent: two\\nlines, .*red and \{braces\}\n$/,
  );
  assertEquals(text.includes("\x1b"), false);
});

inFolder("a file that is full is set aside, and no more than `keep` are kept", (bench) => {
  using sink = bench.open(SMALL);
  for (let n = 1; n <= 12; n++) sink(numbered(n));
  assertEquals(bench.files(), {
    "a.log": "11 12",
    "a.log.1": "9 10",
    "a.log.2": "7 8",
    "a.log.3": "5 6",
  });
  assertEquals(bench.troubles, []);
});

inFolder(
  "while another program holds the log no file moves and no record is lost",
  async (bench) => {
    using sink = bench.open(SMALL);
    for (let n = 1; n <= 8; n++) sink(numbered(n));
    const before = bench.files();
    bench.held = bench.path;
    for (let n = 9; n <= 20; n++) sink(numbered(n));
    await bench.clock.advance(20_000);
    assertEquals(bench.files(), { ...before, "a.log": "7 8 9 10 11 12 13 14 15 16 17 18 19 20" });
    // At once, and after 1, 2, 4, 8 s.
    assertEquals(bench.troubles.length, 5);
    assertMatch(
      bench.troubles[0]!,
      /^Cannot rename .*a\.log to .*a\.log\.0: It is held \(os error 32\); the log grows until that is possible$/,
    );
    bench.held = undefined;
    await bench.clock.advance(60_000);
    assertEquals(bench.troubles.at(-1), undefined);
    sink(numbered(21));
    assertEquals(bench.files(), {
      "a.log": "21",
      "a.log.1": "7 8 9 10 11 12 13 14 15 16 17 18 19 20",
      "a.log.2": "5 6",
      "a.log.3": "3 4",
    });
  },
);

inFolder(
  "an older file that is held keeps its place, and its followers wait behind it",
  async (bench) => {
    using sink = bench.open(SMALL);
    for (let n = 1; n <= 8; n++) sink(numbered(n));
    bench.held = `${bench.path}.1`;
    for (let n = 9; n <= 14; n++) sink(numbered(n));
    assertEquals(bench.files(), {
      "a.log": "9 10 11 12 13 14",
      "a.log.0": "7 8",
      "a.log.1": "5 6",
      "a.log.3": "3 4",
    });
    bench.held = undefined;
    await bench.clock.advance(1_000);
    assertEquals(bench.troubles.at(-1), undefined);
    assertEquals(bench.files(), {
      "a.log": "",
      "a.log.1": "9 10 11 12 13 14",
      "a.log.2": "7 8",
      "a.log.3": "5 6",
    });
  },
);

inFolder(
  "while the file cannot be written records wait, and are written when it can",
  async (bench) => {
    await Deno.writeTextFile(join(bench.folder, "logs"), "in the way");
    using sink = bench.open();
    for (let n = 1; n <= 3; n++) sink(numbered(n));
    await bench.clock.advance(3_000);
    assertEquals(bench.troubles.length, 3);
    assertMatch(bench.troubles[0]!, /; 1 record waits in memory$/);
    assertMatch(
      bench.troubles[2]!,
      /^Cannot write .*a\.log: .*logs cannot be made: a file has this name; 3 records wait in memory$/,
    );
    await Deno.remove(join(bench.folder, "logs"));
    await bench.clock.advance(4_000);
    assertEquals([bench.files(), bench.troubles.at(-1)], [{ "a.log": "1 2 3" }, undefined]);
  },
);

inFolder(
  "of more than 1 MB the newest records wait, and a record says how many are lost",
  async (bench) => {
    await Deno.writeTextFile(join(bench.folder, "logs"), "in the way");
    using sink = bench.open({ maxSize: 1e7 });
    for (let n = 1; n <= 30; n++) sink(record(`${n}${"x".repeat(100_000)}`));
    await bench.clock.advance(1_000);
    assertMatch(bench.troubles.at(-1)!, /; 10 records wait in memory and 20 are lost$/);
    await Deno.remove(join(bench.folder, "logs"));
    await bench.clock.advance(60_000);
    assertEquals(bench.files(), { "a.log": "1 22 23 24 25 26 27 28 29 30" });
    assertMatch(
      bench.read(),
      /^.*\n.* \[WARNING\] agent: 20 log records could not be written and are lost\n/,
    );
  },
);

inFolder(
  "what waits is written when the log is closed, if that is possible by then",
  async (bench) => {
    await Deno.writeTextFile(join(bench.folder, "logs"), "in the way");
    const sink = bench.open();
    sink(numbered(1));
    await Deno.remove(join(bench.folder, "logs"));
    sink[Symbol.dispose]();
    assertEquals([bench.files(), bench.clock.sleeping], [{ "a.log": "1" }, 0]);
  },
);

inFolder("a log that is closed tries nothing more", async (bench) => {
  const sink = bench.open(SMALL);
  bench.held = bench.path;
  for (let n = 1; n <= 3; n++) sink(numbered(n));
  sink[Symbol.dispose]();
  await bench.clock.advance(60_000);
  assertEquals([bench.troubles.length, bench.clock.sleeping], [1, 0]);
});

inFolder("a file that was removed is made anew", async (bench) => {
  using sink = bench.open();
  sink(record("before"));
  await Deno.remove(join(bench.folder, "logs"), { recursive: true });
  await bench.clock.advance(1_000);
  sink(record("after"));
  assertMatch(bench.read(), /^[^\n]*after\n$/);
  assertEquals(bench.troubles, []);
});
