import { assertEquals, assertNotEquals } from "@std/assert";
import { describeEndpoint, readNode } from "../../lib/icinga/mod.ts";
import { fixture, netstrings } from "./fixture.ts";

const object = (type: string, name: string, properties: Record<string, unknown>) => ({
  debug_hints: {},
  name,
  properties,
  type,
});

const OBJECTS = [
  object("CheckCommand", "Prüfung", { vars: "ü" }),
  object("Endpoint", "master-a", { host: "10.0.0.1", port: "5665" }),
  object("Endpoint", "master-b", { host: "", port: "5999" }),
  object("Endpoint", "agent", { host: "", port: "5665" }),
  object("Zone", "master", { endpoints: ["master-a", "master-b"], parent: "" }),
  object("Zone", "agent", { endpoints: ["agent"], parent: "master" }),
  object("Zone", "global-templates", { endpoints: null, parent: "", global: true }),
  object("ApiListener", "api", { bind_port: "5665", crl_path: "/etc/crl.pem" }),
];
const PARENTS = [{ name: "master-a", host: "10.0.0.1", port: 5665 }, {
  name: "master-b",
  port: 5999,
}];

async function written(node: string, objects: readonly unknown[] = OBJECTS) {
  const made = await fixture();
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings([{ name: "A", value: 1 }, { name: "NodeName", value: node }]),
  );
  const source = await made.write("var/cache/icinga2/icinga2.debug", netstrings(objects));
  return { made, source };
}

Deno.test("name, parents and port are what Icinga wrote at its start", async () => {
  const { made, source } = await written("agent");
  await using _ = made;
  const expected = { name: "agent", source, port: 5665, crl: "/etc/crl.pem", parents: PARENTS };
  assertEquals(await readNode(made.folder), expected);
});

Deno.test("a master has no parents; a node in no zone has unknown ones, one without ApiListener no port", async () => {
  for (
    const [node, objects, parents, port] of [
      ["master-b", OBJECTS, [], 5665],
      ["nowhere", OBJECTS, undefined, 5665],
      ["agent", OBJECTS.slice(0, -1), PARENTS, undefined],
      ["agent", OBJECTS.filter(({ name }) => name !== "master"), undefined, 5665],
    ] as const
  ) {
    const { made } = await written(node, objects);
    await using _ = made;
    const found = await readNode(made.folder);
    assertEquals([found.name, found.parents, found.port], [node, parents as unknown, port]);
  }
});

Deno.test("the address that it listens on is told, where that is not every one", async () => {
  for (const [bind, expected] of [["10.0.0.2", "10.0.0.2"], ["0.0.0.0"], ["::"], [""]] as const) {
    const api = object("ApiListener", "api", { bind_port: "5665", bind_host: bind });
    const { made } = await written("agent", [...OBJECTS.slice(0, -1), api]);
    await using _ = made;
    assertEquals((await readNode(made.folder)).bind, expected);
  }
});

Deno.test("a port that is none is Icinga's own", async () => {
  const cases = [[1, 1], ["65535", 65_535], [65_536, 5665], ["0", 5665], [1.5, 5665], ["x", 5665]];
  for (const [written_, expected] of cases) {
    const api = object("ApiListener", "api", { bind_port: written_ });
    const { made } = await written("agent", [...OBJECTS.slice(0, -1), api]);
    await using _ = made;
    assertEquals((await readNode(made.folder)).port, expected as number, `${written_}`);
  }
});

Deno.test("an endpoint is told with its address, where it has one", () => {
  const told = ["10.0.0.1", "m.example", "::1", undefined].map((host) =>
    describeEndpoint({ name: "m", port: 5665, ...(host !== undefined && { host }) })
  );
  assertEquals(told, ["m (10.0.0.1:5665)", "m (m.example:5665)", "m ([::1]:5665)", "m"]);
});

Deno.test("a file of objects of up to 64 MB is read", async () => {
  const { made, source } = await written("agent");
  await using _ = made;
  for (const [size, parents] of [[10, PARENTS], [64, PARENTS], [64.1, undefined]] as const) {
    await Deno.truncate(source, size * 1_048_576);
    assertEquals((await readNode(made.folder)).parents, parents, `${size} MB`);
  }
});

Deno.test("a torn file of objects says what its whole part says", async () => {
  const { made, source } = await written("agent");
  await using _ = made;
  const text = await Deno.readTextFile(source);
  await Deno.writeTextFile(source, text.slice(0, -100));
  assertEquals((await readNode(made.folder)).parents, PARENTS);
  await Deno.writeTextFile(source, "no netstrings");
  assertEquals((await readNode(made.folder)).parents, undefined);
});

const CONSTANTS =
  `/* const NodeName = "no" */\r\nconst NodeName = "agent" // mine\r\nconst ZoneName = "agent"\r\n`;
const ZONES = `
object Endpoint "master-a" {
  host = "10.0.0.1" // the first
  port = "5665"
}
object Endpoint "master-b" { port = 5999; }
object Zone "master" { endpoints = [ "master-a", "master-b" ] }
object Endpoint NodeName { }
# object Zone "other" { endpoints = [ "agent" ] }
object Zone ZoneName { endpoints = [ NodeName ]; parent = "master" }
`;

Deno.test("without Icinga's own files the plain configuration is read", async () => {
  await using made = await fixture();
  assertEquals(await readNode(made.folder), {});
  await made.write("etc/icinga2/constants.conf", CONSTANTS);
  const narrow = ZONES.replaceAll("[ ", "[").replaceAll(" ]", "]");
  for (const zones of [narrow, ZONES.replaceAll(" ]", ", ]"), ZONES]) {
    const source = await made.write("etc/icinga2/zones.conf", zones);
    assertEquals(await readNode(made.folder), { name: "agent", source, parents: PARENTS });
  }
  await made.write("etc/icinga2/features-enabled/api.conf", 'object ApiListener "api" { }');
  assertEquals((await readNode(made.folder)).port, 5665);
  // The name that Icinga used counts, as everywhere in the configuration.
  await made.write("etc/icinga2/constants.conf", 'const ZoneName = "agent"\n');
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings([{ name: "NodeName", value: "agent" }]),
  );
  const { name, parents } = await readNode(made.folder);
  assertEquals([name, parents], ["agent", PARENTS]);
});

Deno.test("objects of an earlier start are not read, as where Icinga 2.14 replaced an older one", async () => {
  const { made, source } = await written("agent");
  await using _ = made;
  await made.write("etc/icinga2/constants.conf", CONSTANTS);
  await made.write("etc/icinga2/zones.conf", ZONES.replace("10.0.0.1", "10.0.0.9"));
  const host = async (secondsBefore: number) => {
    const at = (Date.now() - secondsBefore * 1000) / 1000;
    await Deno.utime(source, at, at);
    return (await readNode(made.folder)).parents?.[0]?.host;
  };
  assertEquals(await Promise.all([await host(50), await host(70)]), ["10.0.0.1", "10.0.0.9"]);
});

Deno.test("on Windows a feature that is on is a file that includes another one", async () => {
  await using made = await fixture();
  // As Icinga's PowerShell framework writes it.
  const include = 'include "../features-available/api.conf"\r\n';
  await made.write("etc/icinga2/features-enabled/api.conf", include);
  await made.write(
    "etc/icinga2/features-available/api.conf",
    'object ApiListener "api" {\r\n    http_response_headers = {\r\n      "X" = "y"\r\n      bind_port = 1\r\n' +
      '    }\r\n    bind_host = "10.0.0.2";\r\n    bind_port = 5667;\r\n}',
  );
  await made.write("etc/icinga2/constants.conf", 'const NodeName = "agent";\r\n');
  const files = 'include "missing.conf"\ninclude "*.conf"\ninclude_recursive "a/*"\n';
  await made.write("etc/icinga2/zones.conf", `${files}include "more/zones.conf" /* ours */\n`);
  // One that includes itself is read all the same.
  await made.write("etc/icinga2/more/zones.conf", `include "zones.conf"\n${ZONES}`);
  const { source: _, ...node } = await readNode(made.folder);
  assertEquals(node, { name: "agent", port: 5667, bind: "10.0.0.2", parents: PARENTS });
});

Deno.test("a constant has the value that Icinga wrote, whatever it is made of", async () => {
  await using made = await fixture();
  const constants = { NodeName: "agent", Parent: "master-a", ZoneName: "agent" };
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings(Object.entries(constants).map(([name, value]) => ({ name, value }))),
  );
  await made.write("etc/icinga2/constants.conf", 'const Parent = "master-" + "a"\n');
  await made.write("etc/icinga2/zones.conf", ZONES.replaceAll('"master-a"', "Parent"));
  assertEquals((await readNode(made.folder)).parents, PARENTS);
});

Deno.test("an object that is not plain is not guessed at", async () => {
  await using made = await fixture();
  const constants = { NodeName: "agent", ZoneName: "agent", Port: 5665, Other: 5999 };
  await made.write(
    "var/cache/icinga2/icinga2.vars",
    netstrings(Object.entries(constants).map(([name, value]) => ({ name, value }))),
  );
  for (
    const [from, to, isKnown] of [
      ["port = 5999", "port = Other", true],
      ['port = "5665"', "port = Port", true],
      ['endpoints = [ "master-a", "master-b" ]', 'endpoints = [ "master-a",\n "master-b", ]', true],
      ['port = "5665"', 'port = "5665", log_duration = 60 * 60', true],
      ['host = "10.0.0.1"', 'host = "10.0." + "0.1"', false],
      ["port = 5999", "port = Other + 1", false],
      ["port = 5999", "port = Unheard", false],
      ["object Endpoint NodeName { }", 'if (Other) {\n  object Endpoint "x" { }\n}', false],
      ["port = 5999;", 'import "satellite"', false],
      ['"master-b" ]', '"master-b" ] + [ "master-c" ]', false],
      ['"master-b" ]', '"master-b", "master-c" ]', false],
      ['parent = "master"', "parent = get_parent()", false],
    ] as const
  ) {
    const zones = ZONES.replace(from, to);
    assertNotEquals(zones, ZONES);
    await made.write("etc/icinga2/zones.conf", zones);
    assertEquals((await readNode(made.folder)).parents, isKnown ? PARENTS : undefined, to);
  }
  await made.write("etc/icinga2/zones.conf", ZONES);
  for (const [port, expected] of [["Port", 5665], ["Port + 1", undefined]] as const) {
    await made.write(
      "etc/icinga2/features-enabled/api.conf",
      `object ApiListener "api" { bind_port = ${port} }`,
    );
    assertEquals((await readNode(made.folder)).port, expected);
  }
});

Deno.test("a configuration that is not plain leaves the parents unknown", async () => {
  await using made = await fixture();
  await made.write("etc/icinga2/constants.conf", CONSTANTS);
  await made.write("etc/icinga2/zones.conf", 'include "zones.d/*.conf"');
  const { name, parents } = await readNode(made.folder);
  assertEquals([name, parents], ["agent", undefined as never]);
});
