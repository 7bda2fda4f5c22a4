import { assertEquals } from "@std/assert";
import type { Report } from "../../../lib/cli/command.ts";
import { listAction } from "../../../lib/cli/daemon/show.ts";
import { parse } from "../../../lib/cli/parse.ts";

const CONFIG = {
  daemons: {
    heartbeat: {},
    mine: { module: "daemons/mine.js", enabled: false },
    gone: { module: "daemons/gone.js" },
  },
};

Deno.test("each daemon is listed with where it is from, whether it is to run, and what is wrong", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/daemons`);
    for (const name of ["mine.js", "new.js", "twice.js", "twice.ts"]) {
      await Deno.writeTextFile(`${home}/daemons/${name}`, "export default {};");
    }
    await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify(CONFIG));
    const invocation = parse(["--home", home], listAction.flags ?? {}, "list");
    const { json, text } = await listAction.run(invocation) as Report;
    const rows = (json as Record<string, unknown>[]).map((row) =>
      [row.name, row.from, row.registered, row.running, row.problem !== null].join(" ")
    );
    const own = /^(heartbeat|mine|gone|new|twice|disk_space) /;
    assertEquals(rows.filter((row) => own.test(row)).sort(), [
      "disk_space built in no  false",
      "gone daemons/gone.js yes  true",
      "heartbeat built in yes  false",
      "mine daemons/mine.js disabled  false",
      "new daemons/new.js no  false",
      "twice daemons/twice.js no  true",
      "twice daemons/twice.ts no  true",
    ]);
    const lines = [text].flat();
    assertEquals(lines[0]!.split(/ {2,}/), [
      ...["NAME", "FROM", "REGISTERED", "STATE", "THREADS", "UPTIME", "RESTARTS", "LAST ERROR"],
    ]);
    const mine = lines.find((line) => line.startsWith("mine "))!;
    assertEquals(mine.split(/ {2,}/), ["mine", "daemons/mine.js", "disabled", ..."-----"]);
    const problems = lines.slice((json as unknown[]).length + 1);
    assertEquals(problems.length, 3);
    assertEquals(problems.filter((line) => line.includes("twice")).length, 2);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
