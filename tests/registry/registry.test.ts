import { assertEquals, assertMatch } from "@std/assert";
import { join, resolve } from "node:path";
import { pathToFileURL as toFileUrl } from "node:url";
import { type RegisteredDaemon, Registry } from "../../lib/registry/registry.ts";
import { describeProblem } from "../../lib/base/mod.ts";
import { parse } from "../config/parse.ts";

/** The daemons of a configuration, in a home with these modules. */
async function resolveAll(
  daemons: Record<string, unknown>,
  modules: Record<string, string> = {},
): Promise<RegisteredDaemon[]> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    for (const [file, text] of Object.entries(modules)) {
      await Deno.writeTextFile(join(home, "daemons", file), text);
    }
    const config = parse(JSON.stringify({ daemons }));
    return await new Registry(home).resolve({
      config,
      describe: ({ path, fault, expected }) => `${path.join(".")}: ${fault}; ${expected}`,
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** What is wrong with each of them, by its name. */
async function problems(...daemons: Parameters<typeof resolveAll>) {
  const resolved = await resolveAll(...daemons);
  return Object.fromEntries(resolved.map(({ name, problem }) => [name, problem]));
}

const module = (name: string) => `export default { name: "${name}", description: "", run() {} };`;

Deno.test("a module that is not there is its daemon's problem alone, in both forms", async () => {
  const { gone, away, good, icinga_agent_service } = await problems(
    { gone: {}, away: { module: "daemons/away.js" }, good: {}, icinga_agent_service: {} },
    { "good.js": module("good") },
  );
  assertEquals(
    gone,
    'daemons.gone: no built-in daemon of this name, and no module gone.ts, .js or .mjs in daemons/; did you mean "good"?, or name a "module"',
  );
  assertMatch(away!, /away\.js: is not there/);
  assertEquals([good, icinga_agent_service], [undefined, undefined]);
});

Deno.test("of two modules of one name neither is run, unless the entry says which", async () => {
  const { two, one, only } = await problems(
    { two: {}, one: { module: "daemons/one.mjs" }, only: {} },
    {
      ...{ "two.js": "", "two.mjs": "", "one.js": "", "one.mjs": module("one") },
      "only.mjs": module("only"),
    },
  );
  assertEquals(only, undefined);
  assertMatch(two!, /two\.js: two\.mjs beside it has the same name; keep one, or/);
  assertEquals(one, undefined);
});

Deno.test("a module with the name of a built-in daemon is a warning once, unless an entry names it", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(join(home, "daemons"));
  const file = join(home, "daemons", "heartbeat.js");
  await Deno.writeTextFile(file, module("heartbeat"));
  const warnings: string[] = [];
  const registry = new Registry(home, undefined, (warning) => void warnings.push(warning));
  const look = async (entry: Record<string, unknown>) => {
    const config = parse(JSON.stringify({ daemons: { heartbeat: entry } }));
    const [{ module, problem }] = await registry.resolve({ config, describe: String }) as [
      RegisteredDaemon,
    ];
    return [module, problem];
  };
  const own = { module: "daemons/heartbeat.js" };
  assertEquals(await look(own), [own.module, undefined]);
  assertEquals(warnings, []);
  for (let times = 2; times > 0; times--) assertEquals(await look({}), [null, undefined]);
  assertEquals(warnings, [
    `${file}: has the name of a built-in daemon, which comes first; rename the file and its daemon`,
  ]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("a module that has changed is looked at anew; one that has not is not", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    const file = join(home, "daemons", "x.js");
    const registry = new Registry(home);
    const config = parse(JSON.stringify({ daemons: { x: {} } }));
    const look = async () => (await registry.resolve({ config, describe: String }))[0]!;
    await Deno.writeTextFile(file, module("x"));
    const first = await look();
    assertEquals((await look()).description === first.description, true);
    await Deno.writeTextFile(file, module("x").replace('""', '"another"'));
    assertEquals([first.description!.description, (await look()).description!.description], [
      "",
      "another",
    ]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a module that is there and cannot be read is a problem for now", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, "daemons"));
    await Deno.symlink("/proc/self/mem", join(home, "daemons", "a.js"));
    const registry = new Registry(home);
    const config = parse(`{ "daemons": { "a": {} } }`);
    const [a] = await registry.resolve({ config, describe: () => "" });
    assertEquals(a!.isUnread, true);
    assertMatch(
      a!.problem!,
      /daemons\/a\.js: cannot be read \(Input\/output error \(os error 5\)\)$/,
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a problem of a module is remembered until it is asked for again", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(join(home, "daemons", "sub"), { recursive: true });
  const needs = `Deno.statSync(import.meta.dirname + "/sub/it"); `;
  await Deno.writeTextFile(join(home, "daemons", "x.js"), needs + module("x"));
  const registry = new Registry(home);
  const config = parse(JSON.stringify({ daemons: { x: {} } }));
  const hasProblem = async (again?: string) =>
    (await registry.resolve({ config, describe: String }, again))[0]!.problem !== undefined;
  assertEquals(await hasProblem(), true);
  await Deno.writeTextFile(join(home, "daemons", "sub", "it"), "");
  const seen = [await hasProblem(), await hasProblem("y"), await hasProblem("x")];
  assertEquals(seen, [true, true, false]);
  await Deno.remove(home, { recursive: true });
});

/** A worker that spins outlasts the test, and its port too; Deno 2.7.11 takes that for a leak. */
Deno.test({
  name: "what was not loaded in time is examined again when its worker has ended, and not before",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const home = await Deno.makeTempDir();
    await Deno.mkdir(join(home, "daemons", "sub"), { recursive: true });
    const stays = {
      waits: "await new Promise(() => {});",
      spins: "for (const end = Date.now() + 25e3; Date.now() < end;);",
    };
    for (const [name, text] of Object.entries(stays)) {
      const unless = "try { Deno.statSync(import.meta.dirname + '/sub/it'); } catch";
      const file = join(home, "daemons", `${name}.js`);
      await Deno.writeTextFile(file, `${unless} { ${text} }\n${module(name)}`);
    }
    const registry = new Registry(home);
    const config = parse(JSON.stringify({ daemons: { waits: {}, spins: {} } }));
    const look = async () => {
      const daemons = await registry.resolve({ config, describe: String }, "spins");
      return daemons.map(({ problem, isLate }) => [problem?.replace(/.*: /, ""), isLate]);
    };
    const late = [
      "did not load within 5 s; what takes long, or has no end, belongs in run()",
      true,
    ];
    assertEquals(await look(), [late, late]);
    await Deno.writeTextFile(join(home, "daemons", "sub", "it"), "");
    let [waits, spins] = await look();
    for (const end = Date.now() + 30_000; waits![1] && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      [waits, spins] = await look();
    }
    assertEquals([waits, spins], [[undefined, undefined], late]);
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test("a service that two entries name is the first one's, whatever the case of its name", async () => {
  const daemons = await resolveAll({
    off: { module: "icinga_agent_service", enabled: false },
    service_watch: { arguments: { services: ["w32time", "Icinga2", "W32Time"] } },
    icinga_agent_service: {},
    more: { module: "service_watch", arguments: { services: ["spooler", "W32TIME"] } },
    own: { module: "service_watch", arguments: { services: ["own"] } },
  });
  const seen = daemons.map(({ name, arguments: { services }, problem, runs }) => [
    ...[name, services, problem, runs],
  ]);
  const taken = (place: string, by: string) =>
    `daemons.${place}: undefined; name it once: daemon '${by}' watches it already`;
  assertEquals(seen, [
    ["off", undefined, undefined, undefined],
    [
      ...["service_watch", ["w32time", "Icinga2"]],
      ...[taken("service_watch.arguments.services.2", "service_watch"), true],
    ],
    [
      ...["icinga_agent_service", undefined],
      ...[taken("icinga_agent_service.arguments.service", "service_watch"), false],
    ],
    ["more", ["spooler"], taken("more.arguments.services.1", "service_watch"), true],
    ["own", ["own"], undefined, undefined],
  ]);
});

Deno.test("a registration has what its entry and its module say", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(join(home, "daemons"));
  const file = join(home, "daemons", "own.js");
  await Deno.writeTextFile(
    file,
    `export default { name: "own", permissions: { read: ["{drive}"] }, run() {},
      arguments: { drive: { type: "string", description: "drive" } } };`,
  );
  const entry = { arguments: { drive: "/data" }, permissions: { read: ["/data"] } };
  const job = { schedule: "0 3 * * *", timeZone: "UTC" };
  const bounds = { frozenAfter: "1m", memoryLimit: "32MB", failedRetry: "5m", restart: "always" };
  const config = parse(JSON.stringify({
    daemons: {
      own: { ...entry, ...job, ...bounds },
      off: { ...entry, module: "daemons/own.js", enabled: false },
      heartbeat: { arguments: { file: "beat.json" } },
    },
  }));
  const registry = new Registry(home);
  const [own, off, heartbeat] = await registry.resolve({ config, describe: String });
  const { version, description, ...rest } = own!;
  const url = toFileUrl(file).href;
  assertEquals([version !== "", description?.name], [true, "own"]);
  const [restart, frozenAfter, memoryLimit] = ["on-failure", 30_000, 2 ** 28];
  const policy = { restart, frozenAfter, memoryLimit, failedRetry: 600_000 };
  assertEquals<unknown>(rest, {
    ...{ name: "own", module: "daemons/own.js", enabled: true, url, files: [file], faults: [] },
    ...{ arguments: { drive: "/data" }, permissions: { read: [resolve("/data")] } },
    policy: {
      ...{ restart: "always", frozenAfter: 60_000, memoryLimit: 2 ** 25, failedRetry: 300_000 },
      schedule: { pattern: "0 3 * * *", timeZone: "UTC" },
    },
    warnings: [],
  });
  assertEquals<unknown>(off, {
    ...{ name: "off", module: "daemons/own.js", enabled: false, url, files: [], faults: [] },
    ...{ arguments: { drive: "/data" }, permissions: {}, version: "", policy, warnings: [] },
  });
  const { description: described, url: builtin, ...plain } = heartbeat!;
  assertEquals([described?.name, builtin.endsWith("/daemons/heartbeat.ts")], ["heartbeat", true]);
  const beat = join(home, "beat.json");
  assertEquals<unknown>(plain, {
    ...{ name: "heartbeat", module: null, enabled: true, files: [], faults: [], version: "" },
    ...{ arguments: { file: "beat.json" }, policy, warnings: [] },
    permissions: { read: [beat, `${beat}.new`], write: [beat, `${beat}.new`] },
  });
  await Deno.remove(home, { recursive: true });
});

Deno.test("what is odd and harmless is a warning of a daemon that runs", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(join(home, "daemons"));
  await Deno.writeTextFile(
    join(home, "daemons", "own.js"),
    `export default { name: "own", run() {}, arguments: { n: { type: "number", default: 1,
      description: "", checkTogether: ({ n }) => n < 5 ? undefined : { warning: "too much" } } } };`,
  );
  const config = parse(JSON.stringify({
    daemons: {
      own: { arguments: { n: 5 }, schedule: "@daily" },
      b: { module: "daemons/own.js", timeZone: "UTC" },
      disk_space: { arguments: { warning: "4%" }, schedule: "0 3 * * *" },
    },
  }));
  const resolved = await new Registry(home).resolve({ config, describe: describeProblem });
  assertEquals(resolved.map(({ problem }) => problem), [undefined, undefined, undefined]);
  assertEquals(resolved.map(({ warnings }) => warnings), [
    [
      `daemons.own.schedule: got "@daily"; it has 1 field; expected cron's five fields, such as "0 3 * * 1-5"`,
      "daemons.own.arguments.n: got 5; too much",
    ],
    ['daemons.b.timeZone: got "UTC"; expected "schedule" as well'],
    [
      'daemons.disk_space.schedule: got "0 3 * * *"; expected none: a built-in daemon runs all the time, and is no job',
      'daemons.disk_space.arguments.critical: got "5%"; expected at most 4%, which warning has',
    ],
  ]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("arguments that do not fit and permissions that are not granted are a daemon's problem", async () => {
  const text = `export default { name: "own", permissions: { read: ["{drive}"], services: true },
    arguments: { drive: { type: "string", description: "drive" } }, run() {} };`;
  const own = { module: "daemons/own.js" };
  const { odd, poor, net } = await problems({
    odd: { ...own, arguments: { drive: 5, other: 1 } },
    poor: { ...own, arguments: { drive: "/data" }, permissions: { read: ["/other"] } },
    net: { module: "http_check", arguments: { url: "http://a:1" }, permissions: { net: ["b"] } },
  }, { "own.js": text });
  assertMatch(odd!, /^daemons\.odd\.arguments\.other: unknown argument; known: drive$/);
  const refused = "it needs permissions that daemons.poor.permissions does not grant: ";
  assertEquals(poor, `${refused}read ${JSON.stringify(resolve("/data"))}, services`);
  assertMatch(net!, /daemons\.net\.permissions does not grant: net "a:1"$/);
});
