import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Report, UsageError } from "../../../lib/cli/command.ts";
import { readState, testAction } from "../../../lib/cli/daemon/test.ts";
import { parse } from "../../../lib/cli/parse.ts";

const MODULES: Record<string, string> = {
  "beat.js": `export default { name: "beat",
    arguments: { every: { type: "duration", default: "10s" }, text: { type: "string", default: "x" } },
    maps: { Beats: {} },
    run: (context) => context.every(context.arguments.every, () => {
      context.state.map("Beats").set("last", context.state.of("other", "Map").get("key") ?? "none");
      context.log.info(context.arguments.text);
    }) };`,
  "beat.test.js": `import { test } from "icinga-warden/testing";
    test("it is right", () => {});
    test("it is wrong", () => { throw new Error("1 is not 2"); });`,
  "asks.js": `export default { name: "asks", permissions: { read: ["/data"] },
    run: () => { try { Deno.readTextFileSync("/data/x"); } catch (error) { if (error.name === "NotCapable") return; } } };`,
  "fails.js": `export default { name: "fails", run() { fail(); } };
    const fail = () => { throw new Error("no\\nluck"); };`,
  "ends.js": `export default { name: "ends", run: (context) => context.sleep(1_500) };`,
  "needs.js":
    `export default { name: "needs", arguments: { file: { type: "string" } }, run() {} };`,
  "twice.js": `export default { name: "twice", run() {} };`,
  "twice.ts": `export default { name: "twice", run() {} };`,
};

async function inHome(
  names: readonly string[],
  test: (run: (...typed: string[]) => Promise<Report & { lines: string[] }>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/daemons`);
    for (const name of names) await Deno.writeTextFile(`${home}/daemons/${name}`, MODULES[name]!);
    await test(async (...typed) => {
      const invocation = parse([...typed, "--home", home], testAction.flags!, "daemon");
      const report = await testAction.run(invocation) as Report;
      return { ...report, lines: String(report.text).replaceAll(home, "HOME").split("\n") };
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a daemon is tried on what is typed, and its tests count", () =>
  inHome(["beat.js", "beat.test.js"], async (run) => {
    const { code, lines } = await run(
      "beat",
      "text=hi",
      "--for",
      "5m",
      "--state",
      "other.Map.key=5",
    );
    assertEquals(code, 1);
    assertEquals(lines.slice(0, 3), [
      "beat (daemons/beat.js): FAILED: 1 of 2 tests failed",
      "ran for 300 s of simulated time, and stopped when it was told to",
      "logged 31 records",
    ]);
    assertEquals([lines[3], lines[22]], ["  0 s  info  hi", "  190 s  info  hi"]);
    assertEquals(lines.slice(23, 29), [
      "  and 11 more",
      "wrote to the state",
      "  Daemons.beat.Beats.last = 5",
      "permissions: granted none; declared and not granted none; refused none",
      "tests: 2 tests",
      "  it is right ... ok",
    ]);
    assertMatch(
      lines[29]!,
      /^ {2}it is wrong \.\.\. FAILED: 1 is not 2 \(daemons\/beat\.test\.js:3:\d+\)$/,
    );
    assertEquals(
      (await run("beat")).lines[1],
      "ran for 60 s of simulated time, and stopped when it was told to",
    );
    await assertRejects(
      () => run("beat", "every=x"),
      UsageError,
      "Cannot test 'beat': argument every:",
    );
    await assertRejects(() => run("beat", "--for", "x"), UsageError, "Flag '--for' is 'x'");
    await assertRejects(() => run("nope"), UsageError, "No daemon 'nope' is built in");
  }));

Deno.test("without a name each daemon of home is tried, and what cannot be used fails", () =>
  inHome(["asks.js", "ends.js", "needs.js", "twice.js", "twice.ts"], async (run) => {
    const { code, json } = await run();
    assertEquals(code, 1);
    const problems = (json as { name: string; problem?: string }[]).map(({ name, problem = "" }) =>
      `${name}: ${problem}`
    ).sort();
    assertEquals(problems.length, 5);
    assertMatch(
      problems[0]!,
      /^asks: refused read .*\/data.*; its module declares it, and '--grant' grants it/,
    );
    assertEquals(problems[1], "ends: ");
    assertMatch(
      problems[2]!,
      /^needs: argument file: missing; it has no default; give arguments as key=value after its name$/,
    );
    assertMatch(problems[3]!, /^twice: .*twice\.ts/);
    assertMatch(problems[4]!, /^twice: .*twice\.js/);
  }));

Deno.test("a permission is granted for a trial, and what a daemon does by itself is said", () =>
  inHome(["asks.js", "ends.js"], async (run) => {
    const asks = await run("asks", "--grant");
    assertEquals(asks.code, 0);
    assertEquals(asks.lines.slice(0, 5), [
      "asks (daemons/asks.js): passed",
      "ran for 0 s of simulated time, and returned by itself",
      "logged nothing",
      "wrote nothing to the state",
      'permissions: granted read "/data"; declared and not granted none; refused none',
    ]);
    assertEquals(asks.lines.slice(5), ["no tests beside it"]);
    const ends = await run("ends", "--for", "1s");
    assertEquals(ends.lines[1], "ran for 1 s of simulated time, and stopped when it was told to");
    assertEquals(
      (await run("ends")).lines[1],
      "ran for 1.5 s of simulated time, and returned by itself",
    );
  }));

Deno.test("a daemon that fails is told from where, and a built-in one is tried too", () =>
  inHome(["fails.js"], async (run) => {
    const { code, lines } = await run("fails");
    assertEquals([code, lines[0]], [
      1,
      "fails (daemons/fails.js): FAILED: no luck (daemons/fails.js:2:32)",
    ]);
    assertEquals(lines[1], "  at fail (daemons/fails.js:2:32)");
    const rest = lines.slice(lines.findIndex((line) => line.startsWith("ran for")));
    assertEquals(rest.slice(0, 2), ["ran for 0 s of simulated time, and threw", "logged nothing"]);
    const builtin = await run("icinga_agent_service", "--for", "1s");
    assertMatch(builtin.lines[0]!, /^icinga_agent_service \(built in\): /);
    assertEquals(builtin.lines.at(-1), "no tests beside it");
  }));

Deno.test("without a daemon of its own a home has nothing to try", () =>
  inHome([], async (run) => {
    const { code, lines } = await run();
    assertEquals([code, lines], [0, [
      "There is no daemon of your own in HOME; make one with: icinga-warden daemon new NAME",
    ]]);
  }));

Deno.test("the state of others is typed as PATH=VALUE, as JSON or as text", () => {
  assertEquals(
    readState(["other.Map.a=5", "Daemons.other.Map.b.c={}", "Agent.Info.x=a=b", "o.M.t=[1"]),
    {
      "Daemons.other.Map": { a: 5, "b.c": {} },
      "Agent.Info": { x: "a=b" },
      "Daemons.o.M": { t: "[1" },
    },
  );
  for (const typed of ["x", "a.B=1", "A.B.c=1", "a.B.=1", "a.B.c"]) {
    let message = "";
    try {
      readState([typed]);
    } catch (error) {
      if (error instanceof UsageError) message = error.message;
    }
    assertEquals(
      message,
      `Flag '--state' is '${typed}'; expected DAEMON.MAP.KEY=VALUE, such as other.Map.key=5`,
    );
  }
});
