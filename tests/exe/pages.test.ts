import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Bench, testExe } from "./program.ts";

/** The commands in a page's blocks, in order, without `icinga-warden` and what explains them. */
async function commands(page: string): Promise<string[][]> {
  const text = await Deno.readTextFile(new URL(`../../${page}`, import.meta.url));
  const blocks = [...text.matchAll(/^ *```.*?^ *```$/gms)].map(([block]) => block).join("\n");
  const lines = [...blocks.matchAll(/^ *(?:\.\\)?icinga-warden (.*?)(?: {2,}.*)?$/gm)];
  return lines.map(([, line]) => line!.split(" "));
}

async function startAgent(bench: Bench): Promise<void> {
  await bench.write("icinga-warden.json", `{ "control": { "listen": "127.0.0.1:0" } }`);
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", "crash=1h");
  await agent.printed(/the page are served/);
  await agent.printed(/RUNNING/);
}

testExe("every command of the README that needs no Windows does what it says", async (bench) => {
  await startAgent(bench);
  // The service's commands are tried on Windows; 'open' would open a browser, and '--foreground' a second agent.
  const here = (await commands("README.md")).filter(([name]) =>
    !["service", "open", "--foreground"].includes(name!)
  );
  assert(here.length >= 9, `${here.length} commands`);
  for (const words of here) {
    const span = words[1] === "run" ? ["--for", "1s"] : [];
    const { code, stderr } = await bench.runWithInput("", ...words, ...span);
    // A host without Icinga 2 has problems, which the doctor tells.
    assert(code === 0 || (code === 1 && words[0] === "doctor"), `${words.join(" ")}: ${stderr}`);
  }
  await bench.run("daemon", "unregister", "disk_watch");
});

testExe("the daemons that ship are registered by the page's own commands", async (bench) => {
  await startAgent(bench);
  const page = await commands("docs/daemons.md");
  const shipped = page.filter(([name, action, daemon]) =>
    name === "daemon" && action === "register" && !/_queue$|^queue_/.test(daemon!)
  );
  assert(shipped.length >= 6, `${shipped.length} commands`);
  for (const words of shipped) {
    const { code, stderr } = await bench.run(...words);
    assertEquals([code, stderr], [0, ""], words.join(" "));
  }
  const { stdout } = await bench.run("daemon", "list");
  for (const [, , daemon] of shipped) assertMatch(stdout, new RegExp(`^${daemon} `, "m"));
  const secret = page.find(([name]) => name === "secret")!;
  assertEquals((await bench.runWithInput("geheim\n", ...secret)).code, 0);
  assertMatch((await bench.run("secret", "list")).stdout, new RegExp(secret.at(-1)!));
});
