import { assert, assertEquals } from "@std/assert";
import { sampleConfig } from "../../lib/config/sample.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import { writtenConfig } from "../../lib/config/written.ts";
import { builtin, complaints, parse } from "./parse.ts";

Deno.test("the sample is right, and equals the defaults with nothing left out", () => {
  const sample = parse(sampleConfig());
  assertEquals(writtenConfig(sample, builtin), writtenConfig(defaultConfig(), builtin));
  const { arguments: given } = sample.daemons.icinga_agent_service!;
  assertEquals(Object.keys(given), Object.keys(builtin.get("icinga_agent_service")!));
});

Deno.test("the sample's lines end as this system's do", () => {
  const ends = new Set(sampleConfig().match(/\r?\n/g));
  assertEquals([...ends], [Deno.build.os === "windows" ? "\r\n" : "\n"]);
});

Deno.test("what the sample has as an example is right once it is no comment", () => {
  const example = sampleConfig().replace('// "disk_watch"', '"disk_watch"')
    .replace('// "$schema"', '"$schema"');
  assertEquals(complaints(example), []);
  assert(parse(example).daemons.disk_watch);
});
