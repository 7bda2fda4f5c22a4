import { assert } from "@std/assert";
import { testWindows } from "./machine.ts";

const page = await Deno.readTextFile(new URL("../../docs/windows.md", import.meta.url));

/** The commands that stand in blocks of their own, in the page's order. */
const commands = [...page.matchAll(/^ *```\n([^]*?)^ *```$/gm)]
  .flatMap(([, block = ""]) => block.split("\n"))
  .map((line) => line.trim())
  .filter((line) => /^(?:icinga-warden|mkdir) /.test(line));

testWindows("every command of docs/windows.md does what it says, in order", async (windows) => {
  assert(commands.length > 10, commands.join("\n"));
  const home = await windows.home({}, "a folder of its own");
  windows.owns("icinga-warden");
  let underNssm = false;
  // What an earlier run has made there would be in the way.
  const made = commands.filter((command) => command.startsWith("mkdir "));
  for (const command of made) await home.paste(command.replace("mkdir", "rmdir /s /q"));
  for (const command of commands) {
    if (command.includes("install --with nssm") && !underNssm) {
      await home.warden("service", "uninstall");
      underNssm = true;
    }
    const typed = command.replaceAll("C:\\Program Files\\nssm\\nssm.exe", windows.nssm);
    const output = await home.paste(typed, "echo code %ERRORLEVEL%");
    assert(/^code 0\r?$/m.test(output), `${typed}\n${output}`);
  }
}, "nssm");
