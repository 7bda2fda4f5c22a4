import { assertEquals, assertMatch } from "@std/assert";
import { testSource } from "../exe/program.ts";
import { createConsole, nodeWrite } from "../../lib/thread/uncaught_output.ts";

/** What a console prints while it is used, a line each. */
function linesOf(use: (console: Console) => void): string[] {
  const lines: string[] = [];
  use(createConsole((level, values) => void lines.push([level, ...values].join(" "))) as Console);
  return lines;
}

Deno.test("each way to print has its level, and what prints nothing is there as well", () => {
  const given = { a: 1 };
  const lines = linesOf((console) => {
    console.debug("a", 1);
    console.log("b");
    console.info("c");
    console.dir("d");
    console.dirxml("e");
    console.table("f");
    console.group("g");
    console.groupCollapsed("h");
    console.groupEnd();
    console.warn("i");
    console.error("j");
    console.trace("k", given);
    console.clear();
  });
  assertEquals(lines, [
    "debug a 1",
    ...["b", "c", "d", "e", "f", "g", "h"].map((text) => `info ${text}`),
    "warning i",
    "error j",
    `error k ${given}`,
  ]);
});

Deno.test("what does not hold is printed, and each label counts up from 1", () => {
  const lines = linesOf((console) => {
    console.assert(true, "not printed");
    console.assert(false, "a", 1);
    console.assert();
    console.count();
    console.count();
    console.count("other");
    console.countReset();
    console.count();
    console.count("other");
  });
  assertEquals(lines, [
    "error Assertion failed: a 1",
    "error Assertion failed:",
    ...["default: 1", "default: 2", "other: 1", "default: 1", "other: 2"].map((text) =>
      `info ${text}`
    ),
  ]);
});

Deno.test("a timer tells how long ago it was started, each time, and one that was not has no time", () => {
  const [first, second, third, unknown] = linesOf((console) => {
    console.time();
    console.timeLog("default", "on its way");
    console.time("x");
    console.timeEnd("x");
    console.timeLog();
    console.timeEnd("y");
  }) as [string, string, string, string];
  const took = (line: string) => Number(/: (\S+) ms/.exec(line)![1]);
  assertMatch(first, /^info default: \S+ ms on its way$/);
  assertMatch(second, /^info x: /);
  assertEquals([0 <= took(first), took(first) <= took(third), 0 <= took(second)], [
    ...[true, true, true],
  ]);
  assertEquals(took(third) <= performance.now(), true);
  assertEquals(unknown, "info y: NaN ms");
});

Deno.test("what Node.js writes, text or bytes, goes to Deno's stream, and who asks is told that it is written", async () => {
  const written: string[] = [];
  const write = nodeWrite({
    writeSync(bytes) {
      written.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  });
  assertEquals([write("text"), write(new TextEncoder().encode("bytes"))], [true, true]);
  await new Promise<void>((done) => write("told", done));
  await new Promise<void>((done) => write("told, with an encoding", "utf8", done));
  assertEquals(written, ["text", "bytes", "told", "told, with an encoding"]);
});

testSource("on a terminal what Node.js' streams are given is a record too", async (bench) => {
  await bench.write(
    "own.js",
    `import process from "node:process";
    export default {
      name: "own",
      run() {
        process.stdout.write("a text\\n", () => console.warn("the text is written"));
        process.stdout.write(new TextEncoder().encode("some bytes\\n"), "utf8");
        process.stderr.write("an error\\n");
      },
    };`,
  );
  const daemons = { own: { module: "own.js" } };
  await bench.write("icinga-warden.json", JSON.stringify({ daemons }));
  const agent = bench.startOnTerminal("run", "--foreground", "--simulate");
  await agent.printed(/the text is written|failed/);
  await agent.type("\x03");
  const { code, stdout } = await agent.ended;
  const plain = stdout.replaceAll(/\p{Cc}\[[\d;]*m/gu, "");
  const records = plain.matchAll(/ (\w+) own::\S+: (.*)\r$/gm);
  assertEquals([code, ...Array.from(records, ([, level, text]) => `${level} ${text}`)], [
    ...[0, "INFO a text", "INFO some bytes", "ERROR an error", "WARNING the text is written"],
  ]);
});
