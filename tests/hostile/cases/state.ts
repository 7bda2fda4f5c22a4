import { assert, assertEquals, assertMatch } from "@std/assert";
import { attempts } from "../attempt.ts";

/** A daemon that tells what it reads of another's map, once that has a key `done`. */
const reader = (daemon: string) =>
  `async run(context) {
  const map = context.state.of("${daemon}", "Map");
  while (!map.has("done")) await context.sleep(50);
  await context.sleep(300);
  const told = {};
  for (const [key, value] of map) told[key] = Object.prototype.toString.call(value).slice(8, -1);
  context.log.info("read " + JSON.stringify(told));
  await context.every(1_000, () => {});
},`;

/** What such a daemon has read. */
function readBy(output: string, name: string): Record<string, string> {
  const [, text] = new RegExp(` ${name}::run::Main::0: read (.*)$`, "m").exec(output) ?? [];
  assert(text, `${name} read nothing`);
  return JSON.parse(text);
}

export default attempts(
  {
    name: "sets_every_kind",
    what: "it sets values of every kind that can be cloned, and of those that cannot",
    holds: "each is refused with its key, or another daemon reads it; nobody else notices",
    act: async (context) => {
      const map = context.state.map("Map");
      const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, [
        "sign",
      ]);
      const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
      const cycle: unknown[] = [];
      cycle.push(cycle);
      const values: Record<string, () => unknown> = {
        undefined: () => undefined,
        null: () => null,
        nan: () => NaN,
        bigint: () => 2n ** 70n,
        date: () => new Date(NaN),
        regexp: () => /x/gi,
        map: () => new Map([[{}, new Set([1])]]),
        set: () => new Set([new Map()]),
        buffer: () => new ArrayBuffer(8),
        resizable: () =>
          new (ArrayBuffer as never as new (n: number, o: unknown) => ArrayBuffer)(8, {
            maxByteLength: 64,
          }),
        shared: () => new SharedArrayBuffer(8),
        view: () => new DataView(new ArrayBuffer(16), 4, 8),
        array: () => new Float64Array([1, NaN]),
        boxed: () => Object("text"),
        boxedNumber: () => Object(7),
        sparse: () => Object.assign([], { 5: 1 }),
        error: () => new RangeError("x", { cause: new TypeError("y") }),
        errorWithKey: () => new Error("x", { cause: key }),
        errorWithModule: () => new Error("x", { cause: { deep: [module] } }),
        aggregate: () => new AggregateError([new Error("x")], "y"),
        domException: () => new DOMException("m", "AbortError"),
        inside: () => ({ deep: [new DOMException("m", "AbortError")] }),
        inMap: () => new Map([["k", new DOMException("m")]]),
        key: () => key,
        module: () => module,
        blob: () => new Blob(["x"]),
        file: () => new File(["x"], "x"),
        stream: () => new ReadableStream(),
        image: () =>
          new (globalThis as never as { ImageData: new (w: number, h: number) => unknown })
            .ImageData(1, 1),
        headers: () => new Headers(),
        url: () => new URL("http://x/"),
        request: () => new Request("http://x/"),
        symbol: () => Symbol("x"),
        function: () => () => {},
        weak: () => new WeakMap(),
        promise: () => Promise.resolve(),
        generator: () => (function* () {})(),
        proxy: () =>
          new Proxy({}, {
            ownKeys: () => {
              throw new Error("trap");
            },
          }),
        revoked: () => {
          const { proxy, revoke } = Proxy.revocable({}, {});
          revoke();
          return proxy;
        },
        getter: () => ({
          get x(): unknown {
            throw new Error("getter");
          },
        }),
        cycle: () => cycle,
        instance: () =>
          new (class Own {
            x = 1;
          })(),
        bare: () => Object.assign(Object.create(null), { x: 1 }),
        proto: () =>
          JSON.parse(
            '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
          ),
        surrogate: () => "\ud800",
      };
      const refused: Record<string, string> = {};
      for (const [name, make] of Object.entries(values)) {
        try {
          map.set(name, make());
        } catch (error) {
          refused[name] = `${error}`.slice(0, 200);
        }
        await context.sleep(1);
      }
      map.set("done", true);
      return { names: Object.keys(values), refused };
    },
    daemons: { kind_reader: reader("sets_every_kind") },
    logged: [/kind_reader::run::Main::0: read /],
    notLogged: [/could not deserialize/],
    check: ({ outcome: { names, refused }, output }) => {
      const read = readBy(output, "kind_reader");
      for (const name of names) {
        assert(name in read || name in refused, `${name} was neither refused nor read`);
      }
      const must = {
        date: "Date",
        regexp: "RegExp",
        map: "Map",
        set: "Set",
        bigint: "BigInt",
        view: "DataView",
        array: "Float64Array",
        nan: "Number",
        null: "Null",
        proto: "Object",
        surrogate: "String",
      };
      for (const [name, kind] of Object.entries(must)) assertEquals(read[name], kind, name);
      for (const name of ["symbol", "function", "weak", "promise", "proxy", "revoked", "getter"]) {
        assert(refused[name], name);
      }
    },
  },
  {
    name: "sets_shared_parts",
    what:
      "it sets values that share their parts, a graph of 2^60 leaves as a tree, and asks others to read them",
    holds: "it is refused, or read as a graph; nobody is held",
    act: async (context, _loot, tryAll) => {
      const map = context.state.map("Map");
      const saved = context.state.map("Saved", { persistent: true });
      let doubled: unknown = 1;
      for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
      let wide: unknown[] = [1];
      for (let i = 0; i < 6; i++) wide = Array(100).fill(wide);
      const results = await tryAll({
        wide: () => map.set("wide", wide),
        doubled: () => map.set("doubled", doubled),
        wideSaved: () => saved.set("wide", wide),
        doubledSaved: () => saved.set("doubled", doubled),
        inMap: () => map.set("map", new Map([["x", doubled]])),
        thrown: () => map.set("error", new Error("x", { cause: doubled })),
      });
      await context.sleep(1_000);
      return results;
    },
    alone: true,
    memory: 700e6,
    also: async (bench) => (await bench.again("get", "sets_shared_parts.Map", "--json")).code,
    check: ({ also, views }) => {
      assert([0, 1].includes(also));
      assertMatch(views["/api/status"]!, /^200/);
    },
  },
  {
    name: "sets_deep",
    what: "it sets arrays that are 2,205 and 100,000 deep",
    holds: "each is refused with its key, or another daemon reads it",
    act: async (context, _loot, tryAll) => {
      const deep = (depth: number) => {
        let value: unknown = 1;
        for (let i = 0; i < depth; i++) value = [value];
        return value;
      };
      const map = context.state.map("Map", { persistent: true });
      const results = await tryAll({
        d500: () => map.set("d500", deep(500)),
        d2205: () => map.set("d2205", deep(2_205)),
        d100000: () => map.set("d100000", deep(100_000)),
        object: () =>
          map.set("object", JSON.parse('{"a":'.repeat(5_000) + "1" + "}".repeat(5_000))),
      });
      await context.sleep(100);
      map.set("done", true);
      return results;
    },
    daemons: { deep_reader: reader("sets_deep") },
    logged: [/deep_reader::run::Main::0: read /],
    check: ({ outcome, output }) => {
      const read = readBy(output, "deep_reader");
      for (const [name, result] of Object.entries<string>(outcome)) {
        assertEquals(name in read, result.startsWith("GOT"), `${name}: ${result}`);
      }
    },
  },
  {
    name: "writes_others",
    what: "it writes, deletes and clears another daemon's map and the agent's",
    holds: "each is refused, and nothing has changed",
    act: (context, _loot, tryAll) => {
      const victim = context.state.of("victim", "Own");
      return tryAll({
        set: () => victim.set("value", "forged"),
        delete: () => victim.delete("value"),
        clear: () => (victim as unknown as Map<string, unknown>).clear(),
        update: () =>
          (victim as unknown as { update(k: string, f: () => string): void }).update(
            "value",
            () => "forged",
          ),
        icinga: () =>
          context.state.of("icinga_agent_service", "ServiceState").set("value", "STOPPED"),
        agent: () => context.state.of("..Agent", "Info").set("version", "forged"),
        agentPath: () => context.state.map("../../Agent.Info").set("version", "forged"),
      });
    },
    notLogged: [/the victim reads/],
    also: async (bench) => JSON.parse((await bench.again("get", "Agent.Info", "--json")).stdout),
    check: ({ outcome, also }) => {
      const { agentPath: _, clear: _clear, ...others } = outcome;
      for (const [name, result] of Object.entries<string>(others)) {
        assert(!result.startsWith("GOT"), `${name}: ${result}`);
      }
      assertEquals(JSON.stringify(also).includes("forged"), false);
    },
  },
);
