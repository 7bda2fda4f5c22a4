import { assertEquals } from "@std/assert";
import type { Report } from "../../../lib/cli/command.ts";
import { showAction } from "../../../lib/cli/daemon/show.ts";
import { parse } from "../../../lib/cli/parse.ts";

const BARE = `export default { name: "bare", description: "does little", run() {} };`;
const FULL = `export default {
  name: "full",
  description: "does much\\x1b",
  arguments: {
    drive: { type: "string", oneOf: ["C:", "D:"], default: "C:", description: "which one" },
    word: { type: "string" },
    every: { type: "duration", default: "5s", min: "1s", max: "1h" },
    sure: { type: "boolean", default: false },
    names: { type: "list", minItems: 1, default: ["a"] },
    count: { type: "number", integer: true, default: 3, min: 1 },
    share: { type: "number", max: 1 },
    most: { type: "size", default: "1MB" },
  },
  permissions: { net: ["h:1"], run: ["/bin/x"] },
  maps: { Free: { description: "by drive" }, Other: {} },
  tasks: { scan() {}, clean() {} },
  run() {},
};`;
const CONFIG = {
  daemons: {
    full: {
      module: "daemons/full.js",
      enabled: false,
      arguments: { count: 7, word: "w" },
      permissions: { net: ["h:1"] },
    },
  },
};

async function show(name: string): Promise<{ json: Record<string, unknown>; text: string }> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/daemons`);
    await Deno.writeTextFile(`${home}/daemons/bare.js`, BARE);
    await Deno.writeTextFile(`${home}/daemons/full.js`, FULL);
    await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify(CONFIG));
    const invocation = parse([name, "--home", home], showAction.flags ?? {}, "show");
    const { json, text } = await showAction.run(invocation) as Report;
    return { json: json as Record<string, unknown>, text: [text].flat().join("\n") };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("of a daemon that declares nothing it is said that there is none", async () => {
  const { json, text } = await show("bare");
  assertEquals(
    text,
    `bare: does little
from        daemons/bare.js
registered  no
arguments   none
permissions none
tasks       none
maps        none listed`,
  );
  const { registered, enabled, given, granted, missing } = json;
  assertEquals([registered, enabled, given, granted, missing], [false, false, {}, {}, {}]);
});

Deno.test("what a daemon declares is shown with what is given and granted", async () => {
  const { json, text } = await show("full");
  assertEquals(
    text.replaceAll(/ +$/gm, ""),
    `full: does much\ufffd
from        daemons/full.js
registered  disabled
arguments
  drive  "C:" or "D:"               default "C:"   which one
  word   text                       = "w"
  every  duration, from 1s to 1h    default "5s"
  sure   true or false              default false
  names  list of texts, at least 1  default ["a"]
  count  whole number, at least 1   = 7
  share  number, at most 1          required
  most   size                       default "1MB"
permissions run "/bin/x", net "h:1"
granted     net "h:1"
  not granted: run "/bin/x"; it does not run until they are: icinga-warden daemon register full --grant
tasks       scan, clean
maps
  Daemons.full.Free   by drive
  Daemons.full.Other`,
  );
  const { registered, enabled, given, granted, missing } = json;
  assertEquals([registered, enabled, given, granted, missing], [
    ...[true, false, { count: 7, word: "w" }],
    ...[{ net: ["h:1"] }, { run: ["/bin/x"] }],
  ]);
});

Deno.test("a built-in daemon that is not registered would have what it declares", async () => {
  const { json, text } = await show("icinga_agent_service");
  const { registered, permissions, granted, missing } = json;
  assertEquals([registered, granted, missing], [false, permissions, {}]);
  assertEquals(/^granted|not granted/m.test(text), false);
  assertEquals(text.split("\n").slice(1, 3), ["from        built in", "registered  no"]);
});
