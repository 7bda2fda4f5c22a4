import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join, resolve } from "node:path";
import { UsageError } from "../../lib/cli/command.ts";
import { readRun, RUN_FLAGS } from "../../lib/cli/commands/run.ts";
import { runAction } from "../../lib/cli/daemon/run.ts";
import { parse } from "../../lib/cli/parse.ts";
import { demoScenario, parseScenario } from "../../lib/service/mod.ts";
import { printed } from "./printed.ts";

const home = resolve(import.meta.dirname!);

function read(...args: string[]) {
  return readRun(parse(["--home", home, ...args], RUN_FLAGS, "run"));
}

Deno.test("a command line says how an agent is to run", () => {
  const { load: _load, complain: _complain, colours: _colours, ...plan } = read("--simulate");
  assertEquals(plan, {
    paths: { home, configFile: join(home, "icinga-warden.json"), configNamed: false },
    span: undefined,
    level: undefined,
    serviceManager: { kind: "simulated", scenario: demoScenario },
    foreground: false,
    until: undefined,
  });
  const { span, level, serviceManager, foreground } = read(
    ...["--foreground", "--simulate", "--scenario", "hang", "--for", "24d", "--log-level", "debug"],
  );
  assertEquals([span, level, foreground], [24 * 86_400_000, "debug", true]);
  assertEquals(serviceManager, { kind: "simulated", scenario: parseScenario("hang") });
  assertEquals(read("--simulate", "--mode", "observe").serviceManager.mode, "observe");
});

Deno.test("what cannot be meant is a usage error, before anything runs", () => {
  const cases: [args: string[], said: string][] = [
    [["--simulate", "--for", "soon"], "Flag '--for' is 'soon'; expected a duration"],
    [["--simulate", "--for", "25d"], "Flag '--for' is '25d'; expected a duration such as"],
    [["--simulate", "--for", "100000d"], "such as 500ms, 30s or 2m, at most 24d"],
    [["--simulate", "--log-level", "loud"], "Flag '--log-level' is 'loud'; expected one of"],
    [["--simulate", "--scenario", "x"], "Flag '--scenario': Invalid scenario 'x'"],
    [["--simulate", "--mode", "look"], "Flag '--mode' is 'look'; expected one of act, stopped,"],
    [["--scenario", "hang"], "Flag '--scenario' goes with '--simulate'"],
  ];
  for (const [args, said] of cases) assertThrows(() => read(...args), UsageError, said);
});

Deno.test("one daemon is run alone, unless it could not run or a flag is wrong", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/daemons`);
    await Deno.writeTextFile(
      `${folder}/daemons/mine.js`,
      `export default { name: "mine", permissions: { net: ["h"] }, run() {} };`,
    );
    const run = (...typed: string[]) => async () =>
      await runAction.run(
        parse([...typed, "--for", "1ms", "--home", folder], runAction.flags!, "daemon"),
      );
    const beat = ["heartbeat", `file=${folder}/beat`, "--grant"];
    const refused: [typed: string[], message: string][] = [
      [[...beat, "--scenario", "hang"], "Flag '--scenario' goes with '--simulate'"],
      [
        [...beat, "interval=x"],
        "Cannot run 'heartbeat': argument interval: got \"x\"; expected a ",
      ],
      [["mine"], "Cannot run 'mine': not granted: net \"h\"; it does not run until they are: "],
      [["mine"], "daemon register mine --grant, or add '--grant' here"],
      [["nope"], "No daemon 'nope' is built in or lies in "],
    ];
    for (const [typed, message] of refused) {
      await assertRejects(run(...typed), UsageError, message);
    }
    const { code, errors } = await printed(run(...beat));
    assertEquals(code, 0);
    const told = /^To see its state: icinga-warden status --home \S*icinga-warden-run-\S+; Ctrl\+C/;
    assertMatch(errors, told);
    if (Deno.build.os === "windows") return;
    const none = "There is no Windows service control manager on";
    await assertRejects(run("icinga_agent_service"), UsageError, none);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Windows' own service manager is taken unless told, and there is none elsewhere", () => {
  if (Deno.build.os === "windows") assertEquals(read().serviceManager.kind, "windows");
  else assertThrows(() => read(), UsageError, "There is no Windows service control manager on");
});
