import { assertEquals, assertRejects } from "@std/assert";
import { moveStateFile, stateFault } from "../../lib/icinga/mod.ts";
import { fixture, netstrings } from "./fixture.ts";

Deno.test("a state file is a row of objects, each with its length; nothing is wrong with one that is not there", async () => {
  await using made = await fixture();
  const { folder, write } = made;
  assertEquals(await stateFault(folder), undefined);
  const good = netstrings([{ name: "api" }, { name: "ä" }]);
  const cases: [text: string, fault?: string][] = [
    [good],
    ["", "empty"],
    ["\0".repeat(4096), "corrupt"],
    ["garbage", "corrupt"],
    [good.slice(0, -5), "corrupt"],
    [`${good}\0\0`, "corrupt"],
    ["3:{a,", "corrupt"],
    ["0:,", "corrupt"],
    [":{},", "corrupt"],
    ["2:{};", "corrupt"],
    ["2:[],", "corrupt"],
    ["2:{],", "corrupt"],
    ["2:[},", "corrupt"],
  ];
  for (const [text, fault] of cases) {
    await write("var/lib/icinga2/icinga2.state", text);
    assertEquals(await stateFault(folder), fault, JSON.stringify(text.slice(0, 20)));
  }
});

Deno.test("a state file of more than 256 MB is taken to be in order", async () => {
  await using made = await fixture();
  const path = await made.write("var/lib/icinga2/icinga2.state", "garbage");
  for (const [megabytes, fault] of [[30, "corrupt"], [256.1, undefined]] as const) {
    await Deno.truncate(path, megabytes * 1_048_576);
    assertEquals(await stateFault(made.folder), fault, `${megabytes} MB`);
  }
});

Deno.test("what is moved aside is kept, and replaces nothing", async () => {
  await using made = await fixture();
  const { folder, write } = made;
  const now = new Date(Date.UTC(2026, 10, 29, 17, 13, 29, 500));
  const path = await write("var/lib/icinga2/icinga2.state", "x");
  assertEquals(await moveStateFile(folder, now), `${path}.20261129T171329Z`);
  assertEquals(await Deno.readTextFile(`${path}.20261129T171329Z`), "x");
  await write("var/lib/icinga2/icinga2.state", "y");
  await assertRejects(() => moveStateFile(folder, now), Error, "already");
  assertEquals(await Deno.readTextFile(path), "y");
});
