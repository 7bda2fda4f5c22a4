import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import type { LogRecord } from "@logtape/logtape";
import { fileSink } from "../../lib/log/sinks.ts";

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

function inFolder(name: string, test: (folder: string, errors: unknown[]) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

inFolder("a record is one line: UTC time, level, source, message", async (folder) => {
  const path = join(folder, "logs", "a.log");
  using sink = fileSink({ path, maxSize: 1e6, keep: 1 }, () => {});
  sink(record("two\nlines, \x1b[31mred and {braces}"));
  const text = await Deno.readTextFile(path);
  assertMatch(
    text,
    /^2026-01-02T03:04:05\.678Z \[INFO\] agent: two\\nlines, .*red and \{braces\}\n$/,
  );
  assertEquals(text.includes("\x1b"), false);
});

inFolder("a file that is full is set aside, and no more than `keep` are kept", async (folder) => {
  const path = join(folder, "a.log");
  using sink = fileSink({ path, maxSize: 200, keep: 2 }, () => {});
  for (let i = 0; i < 20; i++) sink(record(`record ${i}, ${"x".repeat(60)}`));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assertEquals(names, ["a.log", "a.log.1", "a.log.2"]);
  assertMatch(await Deno.readTextFile(path), /record 19/);
});

inFolder(
  "while the file cannot be written that is said once; afterwards it is written again",
  async (folder, errors) => {
    await Deno.writeTextFile(join(folder, "logs"), "in the way");
    const path = join(folder, "logs", "a.log");
    using sink = fileSink({ path, maxSize: 1e6, keep: 1 }, (error) => errors.push(error));
    sink(record("lost"));
    sink(record("lost too"));
    assertEquals(errors.length, 1);
    await Deno.remove(join(folder, "logs"));
    sink(record("kept"));
    assertMatch(
      await Deno.readTextFile(path),
      /^.*\[WARNING\] agent: 2 log records could not be written and are lost\n.*kept\n$/,
    );
  },
);

inFolder("a file that was removed is made anew", async (folder, errors) => {
  const path = join(folder, "logs", "a.log");
  let now = 0;
  using sink = fileSink({ path, maxSize: 1e6, keep: 1 }, (error) => errors.push(error), () => now);
  sink(record("before"));
  await Deno.remove(join(folder, "logs"), { recursive: true });
  now = 1_000;
  sink(record("after"));
  assertMatch(await Deno.readTextFile(path), /^[^\n]*after\n$/);
  assertEquals(errors, []);
});
