import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { within } from "../../lib/base/mod.ts";
import { ConfigError, loadConfig } from "../../lib/config/mod.ts";
import { explainFailure } from "../../lib/config/file.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { type RegisteredDaemon, Registry } from "../../lib/registry/registry.ts";
import {
  describeChanges,
  faultsOf,
  followChanges,
  lookAtFiles,
  type ReloadParts,
} from "../../lib/agent/reload.ts";
import { builtin, parse } from "../config/parse.ts";

const module = (name: string, more = "") =>
  `${more}export default { name: "${name}", description: "", arguments: {
  n: { type: "number", default: 1, description: "" } }, run() {} };`;

/** Sleeps that end when the test says so. */
class StepClock {
  #sleep = Promise.withResolvers<{ ms: number; end: () => void }>();

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    this.#sleep.resolve({ ms, end: resolve });
    return promise;
  }

  /** Ends the sleep under way, and returns how long the next one is, ms. */
  async next(): Promise<number> {
    const { end } = await this.#current();
    this.#sleep = Promise.withResolvers();
    end();
    return (await this.#current()).ms;
  }

  /** Lets one check run to its end. */
  async check(): Promise<void> {
    while (await this.next() !== 1_000);
  }

  async #current(): Promise<{ ms: number; end: () => void }> {
    const late = () => {
      throw new Error("Nobody sleeps after 30 s");
    };
    return await within(this.#sleep.promise, { ms: 30_000, late });
  }
}

interface Following {
  home: string;
  write: (name: string, text: string) => Promise<void>;
  /** What was applied after the start, newest last. */
  applied: RegisteredDaemon[][];
  records: string[];
  clock: StepClock;
  until: (what: string, holds: () => boolean) => Promise<void>;
  renew: (name: string) => Promise<boolean>;
}

/** Follows changes in a home of its own, with two daemons. */
async function following(
  test: (home: Following) => Promise<void>,
  change: (parts: ReloadParts) => Partial<ReloadParts> = () => ({}),
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
  const clock = new StepClock();
  const load = () => loadConfig(configFile, { builtin });
  const registry = new Registry(home);
  const files = lookAtFiles({ configFile, home });
  const loaded = await load();
  const stop = new AbortController();
  const parts: ReloadParts = {
    agent: { apply: (_, daemons) => Promise.resolve(void applied.push([...daemons])) },
    config: loaded.config,
    daemons: registry.resolve(loaded),
    load,
    registry,
    files,
    configFile,
    home,
    clock,
    log: ({ level, message }: LogEntry) => void records.push(`${level} ${message}`),
  };
  const { done, renew } = followChanges({ ...parts, ...change(parts) }, stop.signal);
  const until = async (what: string, holds: () => boolean) => {
    for (let checks = 10; !holds(); checks--) {
      if (checks === 0) throw new Error(`Not after ten checks: ${what}\n${records.join("\n")}`);
      await clock.check();
    }
  };
  try {
    await clock.check();
    applied.length = 0;
    await test({ home, write, applied, records, clock, until, renew });
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

Deno.test("a configuration that cannot be read is said once, and read once that is possible", async () => {
  let isHeld = false;
  const troubles: (string | undefined)[] = [];
  await following(async ({ write, applied, records, clock, until }) => {
    const refused = () => records.filter((record) => /cannot be read/.test(record)).length;
    isHeld = true;
    await write("icinga-warden.json", `{ "daemons": { "b": {} } }`);
    await until("it is said", () => refused() === 1);
    for (let checks = 3; checks > 0; checks--) await clock.check();
    assertEquals([refused(), applied.length], [1, 0]);
    assertMatch(troubles.at(-1) ?? "", /refused.*cannot be read/);
    isHeld = false;
    await until("it is applied", () => applied.at(-1)?.length === 1);
    assertEquals(troubles.at(-1), undefined);
  }, ({ configFile, load }) => ({
    load: () =>
      isHeld
        ? Promise.reject(
          new ConfigError(configFile, [explainFailure(new Error("(os error 32)"))], true),
        )
        : load(),
    onRefused: (text) => void troubles.push(text),
  }));
});

Deno.test("a configuration that is gone is a warning, once", async () => {
  await following(async ({ home, write, records, clock, until }) => {
    const gone = /^warning There is no .*icinga-warden\.json any more: the defaults are in force$/;
    const warnings = () => records.filter((record) => gone.test(record)).length;
    await Deno.remove(join(home, "icinga-warden.json"));
    await until("it is said", () => warnings() === 1);
    await write("daemons/c.js", module("c"));
    for (let checks = 3; checks > 0; checks--) await clock.check();
    assertEquals(warnings(), 1);
  });
});

Deno.test("what is changed after it was read and before the agent runs is applied", async () => {
  await following(async ({ records, until }) => {
    await until("a is gone", () => records.length > 0);
    assertEquals(records, ["info The daemons have changed: -a"]);
  }, ({ configFile }) => {
    Deno.writeTextFileSync(configFile, `{ "daemons": { "b": {} } }`);
    return {};
  });
});

Deno.test("a configuration that became wrong is refused as a whole, and followed on", async () => {
  const told: (string | undefined)[] = [];
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
    assertEquals(told.length, 3);
    assertMatch(told[0]!, /^The changed configuration is refused, .* in force: .*: got "x"/);
    assertMatch(told[1]!, /unexpected end of the file/);
    assertEquals(told[2], undefined);
  }, () => ({ onRefused: (text) => void told.push(text) }));
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

Deno.test("a module that takes the place of a folder of its name is run", async () => {
  await following(async ({ home, write, applied, until }) => {
    await Deno.remove(`${home}/daemons/a.js`);
    await Deno.mkdir(`${home}/daemons/a.js`);
    await until("the folder is seen", () => applied.length === 1);
    assertMatch(applied[0]![0]!.problem!, /a\.js: is a folder; expected a daemon's module/);
    await Deno.remove(`${home}/daemons/a.js`);
    await write("daemons/a.js", module("a"));
    await until("the module is seen", () => applied.length === 2);
    assertEquals(applied[1]![0]!.problem, undefined);
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

for (
  const [flag, what] of [["isLate", "was not examined in time"], [
    "isUnread",
    "could not be read",
  ]] as const
) {
  Deno.test(`what ${what} is examined again after 10 s, 20 s and so on up to 5 min`, async () => {
    const resolved: boolean[] = [];
    let isLate = true;
    const late = ({ registry }: ReloadParts): Partial<ReloadParts> => ({
      registry: {
        resolve: async (loaded) => {
          const [a, ...others] = await registry.resolve(loaded);
          resolved.push(isLate);
          return [{ ...a!, ...(isLate && { [flag]: true, problem: "late" }) }, ...others];
        },
      },
    });
    await following(async ({ write, applied, records, clock }) => {
      const looks = async () => {
        for (let looks = 1; looks <= 300; looks++) {
          await clock.check();
          if (resolved.length > 0) return (resolved.length = 0, looks);
        }
        throw new Error("not examined again within 300 looks");
      };
      await write("daemons/a.js", module("a", "// 1\n"));
      await looks();
      const waits: number[] = [];
      while (waits.length < 7) waits.push(await looks());
      assertEquals(waits, [10, 20, 40, 80, 160, 300, 300]);
      assertEquals(records, ["info The daemons have changed: a"]);
      await write("daemons/a.js", module("a", "// another 1\n"));
      await looks();
      assertEquals(await looks(), 10, "what has changed is not waited for so long");
      isLate = false;
      assertEquals(await looks(), 20);
      assertEquals(applied.at(-1)![0]!.problem, undefined);
      for (let checks = 60; checks > 0; checks--) await clock.check();
      assertEquals(resolved, []);
    }, late);
  });
}

Deno.test("a daemon that is to be restarted is examined again where it has a problem", async () => {
  await following(async ({ write, until, applied, home, records, renew }) => {
    assertEquals([await renew("a"), await renew("nobody"), applied.length], [false, false, 0]);
    await Deno.mkdir(join(home, "daemons", "sub"));
    await write("daemons/a.js", module("a", `Deno.statSync(import.meta.dirname + "/sub/it"); `));
    await until("it cannot run", () => applied.at(-1)?.[0]?.problem !== undefined);
    assertEquals(await renew("a"), false);
    assertMatch(applied.at(-1)![0]!.problem!, /a\.js:1:6: No such file/);
    // Nothing sees that as a change.
    await write("daemons/sub/it", "");
    assertEquals(await renew("a"), true);
    assertEquals(applied.at(-1)![0]!.problem, undefined);
    records.length = 0;
    await write("icinga-warden.json", `{ "daemons": {`);
    await until("it is refused", () => records.length === 2);
    assertEquals([await renew("a"), records.length], [false, 2]);
  });
});

Deno.test("changes are described by name", () => {
  const daemon = (name: string, version: string) => ({ name, version }) as RegisteredDaemon;
  const before = [daemon("a", "1"), daemon("b", "1"), daemon("c", "1")];
  const after = [daemon("b", "2"), daemon("c", "1"), daemon("d", "1")];
  assertEquals(describeChanges(before, after), "+d, -a, b");
  assertEquals(describeChanges(before, before), "");
});

Deno.test("a refused configuration is logged once, and is not read again until it changes", async () => {
  let loads = 0;
  const count = ({ load }: ReloadParts) => ({ load: () => (loads++, load()) });
  await following(async ({ write, applied, records, clock }) => {
    await write("icinga-warden.json", `{ "daemons": { "c": `);
    for (let checks = 5; checks > 0; checks--) await clock.check();
    assertEquals([records.length, loads, applied.length], [2, 1, 0]);
  }, count);
});

Deno.test("a file that is saved while the configuration is read is applied", async () => {
  const afterLoad: (() => Promise<void>)[] = [];
  const hooked = ({ load }: ReloadParts) => ({
    load: async () => {
      const loaded = await load();
      await afterLoad.shift()?.();
      return loaded;
    },
  });
  await following(async ({ write, applied, until }) => {
    afterLoad.push(() => write("icinga-warden.json", `{ "daemons": { "b": {}, "later": {} } }`));
    await write("icinga-warden.json", `{ "daemons": { "b": {} } }`);
    await until("the first is applied", () => applied.length === 1);
    assertEquals(applied[0]!.map(({ name }) => name), ["b"]);
    await until("the second is applied", () => applied.length === 2);
    assertEquals(applied[1]!.map(({ name }) => name), ["b", "later"]);
  }, hooked);
  await following(async ({ write, applied, records, until }) => {
    afterLoad.push(() => write("icinga-warden.json", `{ "daemons": { "a": {} } }`));
    await write(
      "icinga-warden.json",
      `{ "daemons": { "a": {}, "b": { "arguments": { "n": "x" } } } }`,
    );
    await until("it is mended", () => applied.length === 1);
    assertEquals(records.filter((record) => record.includes("refused")).length, 1);
  }, hooked);
});

Deno.test("a file is read when it was left alone between two looks", async () => {
  let loads = 0;
  const count = ({ load }: ReloadParts) => ({ load: () => (loads++, load()) });
  await following(async ({ write, clock, applied }) => {
    await write("icinga-warden.json", `{ "daemons": {`);
    assertEquals(await clock.next(), 200);
    await write("icinga-warden.json", `{ "daemons": { "a"`);
    assertEquals([await clock.next(), loads], [200, 0]);
    await write("icinga-warden.json", `{ "daemons": { "a": {} } }`);
    assertEquals([await clock.next(), loads], [200, 0]);
    assertEquals([await clock.next(), loads, applied.length], [1_000, 1, 1]);
  }, count);
});

Deno.test("what fails is one record, and the next check tries it again", async () => {
  const faults: Record<string, (() => void)[]> = { apply: [], load: [], resolve: [] };
  const failing = ({ agent, load, registry }: ReloadParts): Partial<ReloadParts> => ({
    agent: {
      apply: async (config, daemons) => {
        faults.apply!.shift()?.();
        await agent.apply(config, daemons);
      },
    },
    load: async () => {
      faults.load!.shift()?.();
      return await load();
    },
    registry: {
      resolve: async (loaded) => {
        faults.resolve!.shift()?.();
        return await registry.resolve(loaded);
      },
    },
  });
  const fail = () => {
    throw new RangeError("as it does");
  };
  await following(async ({ write, applied, records, clock, until }) => {
    for (const [index, what] of Object.keys(faults).entries()) {
      faults[what] = [fail, fail, fail];
      await write("daemons/help.js", `// ${"x".repeat(index)} ${what}`);
      for (let checks = 3; checks > 0; checks--) await clock.check();
      assertEquals([applied.length, faults[what]!.length], [index, 0], what);
      await until("it is applied", () => applied.length === index + 1);
      await clock.check();
      assertEquals(applied.length, index + 1, what);
      const said = records.filter((record) => record.startsWith("error "));
      assertEquals(said, ["error A change cannot be applied: as it does; it is tried again"]);
      assertEquals(records.filter((record) => record.startsWith("info ")).length, 1);
      records.length = 0;
    }
  }, failing);
});

Deno.test("where the start's daemons cannot be applied, that is tried again, too", async () => {
  for (const what of ["apply", "daemons"]) {
    let fails = 2;
    const failing = ({ agent, daemons }: ReloadParts): Partial<ReloadParts> => ({
      agent: {
        apply: async (config, daemons) => {
          if (what === "apply" && fails-- > 0) throw new Error("as it does");
          await agent.apply(config, daemons);
        },
      },
      daemons: what === "apply" ? daemons : Promise.reject(new Error("as it does")),
    });
    let names: string[] = [];
    const noting = (parts: ReloadParts): Partial<ReloadParts> => {
      const changed = failing(parts);
      return {
        ...changed,
        agent: {
          apply: async (config, daemons) => {
            await changed.agent!.apply(config, daemons);
            names = daemons.map(({ name }) => name);
          },
        },
      };
    };
    await following(async ({ records, until }) => {
      await until("they are applied", () => names.length > 0);
      assertEquals(names, ["a", "b"]);
      const errors = records.filter((record) => record.startsWith("error "));
      assertEquals(errors, ["error A change cannot be applied: as it does; it is tried again"]);
    }, noting);
  }
});
