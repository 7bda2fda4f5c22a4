import { assertEquals, assertMatch } from "@std/assert";
import type { LogEntry } from "../../lib/log/mod.ts";
import { openLog } from "../../lib/log/open.ts";
import { inOrder, readLogTail } from "../../lib/log/record.ts";

Deno.test("no record moves a terminal's cursor or turns writing round, in the file and for who listens", async () => {
  const home = await Deno.makeTempDir();
  const path = `${home}/agent.log`;
  const log = openLog({
    level: "info",
    file: { path, maxSize: 1_000_000, keep: 1 },
    onTrouble: () => {},
  });
  const heard: LogEntry[] = [];
  log.listen((entry) => heard.push(entry));
  const message = "a\x1b]0;title\x07b\x9b2Jc\u202ed\u2066e\u2028f\ng";
  log.write({ time: 0, level: "debug", source: "agent", message });
  log.write({ time: 0, level: "info", source: "agent", message });
  log.close();
  assertEquals(
    await Deno.readTextFile(path),
    "1970-01-01T00:00:00.000Z [INFO] agent: a�]0;title�b�2Jc�d�e�f\\ng\n",
  );
  assertEquals(heard.map(({ message }) => message), ["a�]0;title�b�2Jc�d�e�f\ng"]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("records go to standard output too, in colour or plain", async () => {
  const folder = await Deno.makeTempDir();
  const file = { path: `${folder}/a.log`, maxSize: 1_000_000, keep: 1 };
  const shown = async (console: "colour" | "plain") => {
    const code = `
      import { openLog } from "${new URL("../../lib/log/open.ts", import.meta.url)}";
      const file = ${JSON.stringify(file)};
      const log = openLog({ level: "info", console: "${console}", file, onTrouble() {} });
      log.write({ time: 0, level: "info", source: "agent", message: "hello" });
      log.close();`;
    const command = new Deno.Command(Deno.execPath(), { args: ["eval", code] });
    return new TextDecoder().decode((await command.output()).stdout);
  };
  const line = "1970-01-01T00:00:00.000Z [INFO] agent: hello\n";
  assertEquals(await shown("plain"), line);
  // deno-lint-ignore no-control-regex
  assertMatch(await shown("colour"), /\x1b\[.*hello/);
  assertEquals(await Deno.readTextFile(file.path), line + line);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the last records are those of the file's last 256 KB", async () => {
  const path = await Deno.makeTempFile();
  const line = (message: string) => `1970-01-01T00:00:00.000Z [INFO] agent: ${message}\n`;
  const rest = 256 * 1024 - line("first").length;
  const padding = line("x".repeat(rest - line("").length));
  await Deno.writeTextFile(path, line("zeroth") + line("first") + padding);
  const [first, ...more] = readLogTail(path, 10, {});
  assertEquals([first!.message, more.length], ["first", 1]);
  await Deno.remove(path);
  assertEquals(readLogTail(path, 10, {}), []);
});

Deno.test("records are in the order of their times; a clock that was set back changes nothing", () => {
  const ordered = (...times: number[]) => {
    const entries = times.map((time, i): LogEntry => (
      { time, level: "info", source: "x", message: `${i}` }
    ));
    return inOrder(entries).map(({ time, message }) => `${time}.${message}`);
  };
  assertEquals(ordered(5, 9, 7, 9, 6), ["5.0", "6.4", "7.2", "9.1", "9.3"]);
  assertEquals(ordered(10_001, 1), ["1.1", "10001.0"]);
  assertEquals(ordered(10_002, 1), ["10002.0", "1.1"]);
  assertEquals(ordered(1, 3_600_000, 2, 3), ["1.0", "3600000.1", "2.2", "3.3"]);
});

Deno.test("a line that is no record is left out of what the log file holds", async () => {
  const path = await Deno.makeTempFile();
  const time = "2026-01-02T03:04:05.000Z";
  const lines = [
    `${time} [LOUD] agent: a level that there is not`,
    `yesterday [INFO] agent: no time`,
    `    at a line of a stack`,
    `${time} [INFO] agent: a record`,
  ];
  await Deno.writeTextFile(path, lines.join("\n"));
  const record = { time: Date.parse(time), level: "info", source: "agent", message: "a record" };
  assertEquals(readLogTail(path, 10, {}), [record as LogEntry]);
  await Deno.remove(path);
});
