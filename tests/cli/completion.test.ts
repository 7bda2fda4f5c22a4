import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { completionCommand } from "../../lib/cli/commands/completion.ts";
import { daemonCommand } from "../../lib/cli/daemon/mod.ts";
import type { Command, Report } from "../../lib/cli/command.ts";

const COMMANDS: Command[] = [
  { name: "status", words: "", summary: "x", run: () => 0 },
  {
    name: "daemon",
    words: "list|show|new",
    summary: "x",
    moreWords: () => Promise.resolve(["service_watch", "probes=", "repair="]),
    flags: { grant: { help: "x" }, module: { value: "FILE", help: "x" } },
    run: () => 0,
  },
  { name: "get", words: "[PATH]", summary: "x", run: () => 0 },
  {
    name: "docs",
    words: "page",
    summary: "x",
    moreWords: () => Promise.resolve(["install"]),
    run: () => 0,
  },
];

async function scriptFor(shell: string): Promise<string> {
  const command = completionCommand(() => Promise.resolve(COMMANDS));
  const report = await command.run({ words: [shell], values: {}, lists: {}, given: new Set() });
  return (report as Report).text as string;
}

/** What bash offers for the last of these words. */
async function offered(script: string, ...words: string[]): Promise<string[]> {
  const line = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_icinga_warden
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", line] }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test({
  name: "bash completes commands, actions and flags",
  ignore: Deno.build.os === "windows",
  async fn() {
    const script = await scriptFor("bash");
    const common = ["--home", "--config", "--log-level", "--json", "--help", "--version"];
    assertEquals(await offered(script, "icinga-warden", ""), ["status", "daemon", "get", "docs"]);
    assertEquals(await offered(script, "icinga-warden", "da"), ["daemon"]);
    assertEquals(await offered(script, "icinga-warden", "--f"), ["--foreground"]);
    assertEquals(await offered(script, "icinga-warden", "daemon", ""), ["list", "show", "new"]);
    assertEquals(await offered(script, "icinga-warden", "--json", "daemon", "s"), ["show"]);
    assertEquals(await offered(script, "icinga-warden", "daemon", "new", "--"), [
      ...["--grant", "--module"],
      ...common,
    ]);
    assertEquals(await offered(script, "icinga-warden", "get", ""), [""]);
    const register = ["icinga-warden", "daemon", "new"];
    assertEquals(await offered(script, ...register, "ser"), ["service_watch"]);
    assertEquals(await offered(script, ...register, "service_watch", "re"), ["repair="]);
    assertEquals(await offered(script, "icinga-warden", "docs", ""), ["page"]);
    assertEquals(await offered(script, "icinga-warden", "docs", "page", ""), ["install"]);
  },
});

Deno.test("the script for PowerShell has every command with its words and flags", async () => {
  const script = await scriptFor("powershell");
  assertStringIncludes(script, "Register-ArgumentCompleter -Native -CommandName icinga-warden,");
  assertStringIncludes(script, "    'daemon' = 'list show new --grant --module --home ");
  assertStringIncludes(script, "    'daemon +' = 'service_watch probes= repair= --grant ");
  assertStringIncludes(script, "    'docs +' = 'install --home ");
  assert(!script.includes("'get +'"), "nothing follows a word of it");
  assertStringIncludes(script, "    '' = 'status daemon get docs --foreground --home ");
  const count = (sign: string) => script.split(sign).length;
  assert(count("{") === count("}") && count("(") === count(")") && count("'") % 2 === 1);
});

Deno.test("names and arguments of the daemons that ship are completed after an action", async () => {
  const words = await daemonCommand.moreWords!();
  for (const word of ["icinga_agent_service", "stableAfter=", "probes=", "repair=", "dataDir="]) {
    assert(words.includes(word), word);
  }
});
