import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { systemClock } from "../lib/base/mod.ts";
import { loadConfig } from "../lib/config/mod.ts";
import type { LogEntry } from "../lib/log/mod.ts";
import { type RegisteredDaemon, Registry } from "../lib/registry/registry.ts";
import { differences, faultsOf, followChanges } from "../lib/reload.ts";
import { builtin, parse } from "./config/parse.ts";

const module = (name: string, more = "") =>
  `${more}export default { name: "${name}", description: "", arguments: {
  n: { type: "number", default: 1, description: "" } }, run() {} };`;

/** Follows changes in a home of its own; `applied` are the names and versions that were applied, newest last. */
async function following(
  test: (home: {
    write: (name: string, text: string) => Promise<void>;
    applied: RegisteredDaemon[][];
    records: string[];
    until: (what: string, holds: () => boolean) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "reload ä " });
  const configFile = join(home, "icinga-warden.json");
  const write = (name: string, text: string) => Deno.writeTextFile(join(home, name), text);
  await Deno.mkdir(join(home, "daemons"));
  await write("daemons/a.js", module("a"));
  await write("daemons/b.js", module("b", `import "./help.js"; `));
  await write("daemons/help.js", "");
  await write("icinga-warden.json", `{ "daemons": { "a": {}, "b": {} } }`);
  const records: string[] = [];
  const applied: RegisteredDaemon[][] = [];
  const load = () => loadConfig(configFile, { builtin });
  const registry = new Registry(home);
  const loaded = await load();
  const stop = new AbortController();
  const done = followChanges({
    agent: { apply: (_, daemons) => Promise.resolve(void applied.push([...daemons])) },
    inForce: { config: loaded.config, daemons: await registry.resolve(loaded) },
    ...{ load, registry, configFile, home },
    clock: { ...systemClock, sleep: (_, signal) => systemClock.sleep(10, signal) },
    log: ({ level, message }: LogEntry) => void records.push(`${level} ${message}`),
  }, stop.signal);
  const until = async (what: string, holds: () => boolean) => {
    for (const end = Date.now() + 30_000; !holds();) {
      if (Date.now() > end) throw new Error(`Not within 30 s: ${what}\n${records.join("\n")}`);
      await systemClock.sleep(10);
    }
  };
  try {
    await test({ write, applied, records, until });
  } finally {
    stop.abort();
    await done;
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("what is registered, changed and unregistered is applied", async () => {
  await following(async ({ write, applied, records, until }) => {
    await write("daemons/c.js", module("c"));
    await write(
      "icinga-warden.json",
      `{ "daemons": { "b": {}, "c": { "arguments": { "n": 2 } } } }`,
    );
    await until("c is there", () => applied.at(-1)?.some(({ name }) => name === "c") ?? false);
    assertEquals(applied.at(-1)!.map(({ name, problem }) => [name, problem]), [
      ["b", undefined],
      ["c", undefined],
    ]);
    await until("it is said", () => records.some((record) => record.includes("+c, -a")));
    await write("daemons/help.js", "// changed");
    await until("b has changed", () => records.some((record) => /have changed: b$/.test(record)));
  });
});

Deno.test("a configuration that became wrong is refused as a whole, and followed on", async () => {
  await following(async ({ write, applied, records, until }) => {
    const refused = /^error The changed configuration is refused, and the old one stays in force:$/;
    await write(
      "icinga-warden.json",
      `{ "daemons": { "c": {}, "b": { "arguments": { "n": "x" } } } }`,
    );
    await until("it is refused", () => records.length >= 2);
    assertMatch(records[0]!, refused);
    assertMatch(
      records[1]!,
      /^error .*icinga-warden\.json:1:\d+: daemons\.b\.arguments\.n: got "x"; expected a number$/,
    );
    await write("icinga-warden.json", `{ "daemons": { "c": {}, "b": `);
    await until("it is refused again", () => records.length >= 4);
    assertMatch(records[3]!, /icinga-warden\.json:1:\d+: unexpected end of the file/);
    assertEquals(applied, []);
    await write("icinga-warden.json", `{ "daemons": { "b": {} } }`);
    await until("it is right again", () => applied.length > 0);
    assertEquals(applied.at(-1)!.map(({ name }) => name), ["b"]);
  });
});

Deno.test("a module that became wrong is its daemon's problem alone", async () => {
  await following(async ({ write, applied, until }) => {
    await write("daemons/a.js", "export default {");
    await until("it is applied", () => applied.length > 0);
    const [a, b] = applied.at(-1)!;
    assertMatch(a!.problem!, /a\.js:1:\d+: /);
    assertEquals([b!.name, b!.problem], ["b", undefined]);
  });
});

Deno.test("what counts from the next start on is said", async () => {
  await following(async ({ write, records, until }) => {
    await write(
      "icinga-warden.json",
      `{ "daemons": { "a": {}, "b": {} }, "log": { "keep": 9 }, "threadPools": { "P": { "max": 1 } } }`,
    );
    await until("it is said", () => records.length > 0);
    assertEquals(records, ["warning Changes of log count from the next start on"]);
  });
});

Deno.test("arguments that do not fit are the configuration's fault where their entry has changed", () => {
  const fault = { path: ["daemons", "a"], value: 1, expected: "" };
  const config = (daemons: Record<string, unknown>) => parse(JSON.stringify({ daemons }));
  const one = config({ a: { module: "a.js", arguments: { n: 1 } } });
  const two = config({ a: { module: "a.js", arguments: { n: 2 } } });
  const daemons = [{ name: "a", faults: [fault] }] as unknown as RegisteredDaemon[];
  assertEquals(faultsOf(one, { config: two, daemons }), [fault]);
  assertEquals(faultsOf(config({}), { config: one, daemons }), [fault]);
  assertEquals(faultsOf(one, { config: one, daemons }), []);
});

Deno.test("a module that comes later and does not take what its entry says is its own problem", async () => {
  await following(async ({ write, applied, records, until }) => {
    await write("icinga-warden.json", `{ "daemons": { "a": {}, "c": {} } }`);
    await until("c is missing", () => applied.length === 1);
    const needy = `arguments: { x: { type: "string", description: "needed" } }, run() {} };`;
    await write("daemons/c.mjs", `export default { name: "c", description: "", ${needy}`);
    await until("c is there", () => applied.length === 2);
    const { problem } = applied[1]!.find(({ name }) => name === "c")!;
    assertMatch(problem!, /daemons\.c\.arguments\.x: missing; it has no default: needed/);
    assertEquals(records.filter((record) => record.includes("refused")), []);
  });
});

Deno.test("differences are by name", () => {
  const daemon = (name: string, version: string) => ({ name, version }) as RegisteredDaemon;
  assertEquals(
    differences([daemon("a", "1"), daemon("b", "1"), daemon("c", "1")], [
      daemon("b", "2"),
      daemon("c", "1"),
      daemon("d", "1"),
    ]),
    { added: ["d"], removed: ["a"], changed: ["b"] },
  );
});
