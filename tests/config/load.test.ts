import { assert, assertEquals, assertRejects } from "@std/assert";
import { describeProblem } from "../../lib/base/mod.ts";
import { explainFailure, refuseConfigFile } from "../../lib/config/file.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { ConfigError } from "../../lib/config/problem.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import { builtin } from "./parse.ts";

/** Runs a test in a folder of its own. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function complaint(file: string, mustExist = false): Promise<string> {
  const error = await assertRejects(() => loadConfig(file, { builtin, mustExist }), ConfigError);
  assertEquals(error.file, file);
  return error.message.replace(file, "f");
}

Deno.test("without a file the defaults are in force", () =>
  inFolder(async (folder) => {
    const file = `${folder}/icinga-warden.json`;
    const { config, exists, describe } = await loadConfig(file, { builtin });
    assertEquals([config, exists], [defaultConfig(), false]);
    const problem = { path: ["daemons", "x"], value: 1, expected: "expected a path" };
    assertEquals(describe(problem).replace(file, "f"), "f: daemons.x: got 1; expected a path");
  }));

Deno.test("a file that must exist and does not is an error", () =>
  inFolder(async (folder) => {
    assertEquals(
      await complaint(`${folder}/x.json`, true),
      "f: does not exist; name a file that exists, or run 'icinga-warden config init'",
    );
  }));

Deno.test("a file is loaded, in whatever encoding Notepad saved it", () =>
  inFolder(async (folder) => {
    const file = `${folder}/icinga-warden.json`;
    await Deno.writeFile(
      file,
      Uint8Array.of(0xff, 0xfe, ...new Uint8Array(utf16('{ "log": { "keep": 9 } }'))),
    );
    const { config, exists } = await loadConfig(file, { builtin, mustExist: true });
    assertEquals(config, { ...defaultConfig(), log: { ...defaultConfig().log, keep: 9 } });
    assertEquals(exists, true);
  }));

/** The bytes of a text as little-endian UTF-16, whatever the machine's own order. */
function utf16(text: string): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return view.buffer;
}

Deno.test("an error names the file, the place, the path, the value and what would be right", () =>
  inFolder(async (folder) => {
    const file = `${folder}/icinga-warden.json`;
    await Deno.writeTextFile(file, '{\r\n  "log": { "keep": "5" }\r\n}\r\n');
    assertEquals(
      await complaint(file),
      'f:2:20: log.keep: got "5"; expected a whole number, from 1 to 100',
    );
  }));

Deno.test("bytes that are no text are an error at their place", () =>
  inFolder(async (folder) => {
    const file = `${folder}/icinga-warden.json`;
    await Deno.writeFile(file, Uint8Array.of(0x7b, 0x0a, 0xe4));
    assertEquals(await complaint(file), "f:2:1: byte 0xE4 is not UTF-8; save the file as UTF-8");
  }));

Deno.test("a folder in the file's place is named as one", () =>
  inFolder(async (folder) => {
    assertEquals(await complaint(folder), "f: is a folder; expected a file");
    assertEquals(await complaint(folder, true), "f: is a folder; expected a file");
  }));

Deno.test("a file of more than 1MB is refused unread, one of 1MB is read", () =>
  inFolder(async (folder) => {
    const file = `${folder}/icinga-warden.json`;
    await Deno.writeTextFile(file, "{}".padEnd(1024 ** 2));
    assertEquals((await loadConfig(file, { builtin })).exists, true);
    await Deno.truncate(file, 1024 ** 2 + 1);
    assertEquals(
      await complaint(file),
      "f: is 1048577 bytes long; expected a configuration, at most 1MB",
    );
  }));

Deno.test("what is neither file nor folder is refused without waiting for it", () => {
  const device = refuseConfigFile({ isFile: false, isDirectory: false, size: 0 });
  assertEquals(device && describeProblem(device), "is a device or a pipe; expected a file");
  assertEquals(refuseConfigFile({ isFile: true, isDirectory: false, size: 0 }), undefined);
});

Deno.test("why a file cannot be read is said in one line", () => {
  assertEquals(
    describeProblem(explainFailure(new Deno.errors.PermissionDenied("os error 5"))),
    "access is denied; let the account that runs the agent read the file",
  );
  assertEquals(
    describeProblem(
      explainFailure(new Error("odd\nreason (os error 999): stat 'C:\\w.json'")),
    ),
    "cannot be read (odd\\nreason (os error 999)); expected a file that can be read",
  );
  const busy = Deno.build.os === "windows" ? 32 : 16;
  assertEquals(
    describeProblem(explainFailure(new Error(`x (os error ${busy}): open 'C:\\w.json'`))),
    "cannot be read (another program has it open); expected a file that can be read",
  );
});

Deno.test("a name that no file can have is an error, not a missing file", async () => {
  assert((await complaint("x\0.json")).startsWith("x\\u0000.json: cannot be read ("));
});
