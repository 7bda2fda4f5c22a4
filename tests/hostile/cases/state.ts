import { assert, assertEquals, assertMatch } from "@std/assert";
import { attempts, ODD_CHARACTERS } from "../attempt.ts";

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
    name: "sets_odd_names",
    what:
      "it names maps and keys __proto__, constructor, prototype, and writes markup, control characters and paths",
    holds: "no prototype changes, no other map is reached, and every view shows them plainly",
    act: async (context, _loot, tryAll) => {
      const names = [
        ..."__proto__ constructor prototype toString hasOwnProperty valueOf then length".split(" "),
        ...[
          "",
          " ",
          "a.b",
          "..victim.Own",
          "../victim",
          "x\ny",
          "x\0y",
          "\x1b[2J",
          "\u202egnp",
          "\ud800",
        ],
        ...["<img src=x onerror=alert(1)>", 'x{a="b"} 1', "a|b=1;2;3", "x".repeat(300)],
      ];
      const tries: Record<string, () => unknown> = {};
      for (const name of names) {
        const said = JSON.stringify(name);
        tries[`map ${said}`] = () => context.state.map(name).set("polluted", name) as unknown;
        tries[`key ${said}`] = () =>
          context.state.map("Keys").set(name, { polluted: name }) as unknown;
        tries[`of ${said}`] = () => context.state.of(name, "Own").set("value", "forged") as unknown;
        tries[`of victim ${said}`] = () =>
          context.state.of("victim", name).set("value", "forged") as unknown;
      }
      const results = await tryAll(tries);
      const polluted = [];
      for (const key in {}) polluted.push(key);
      return { results, polluted };
    },
    notLogged: [/the victim reads/],
    check: ({ outcome, views }) => {
      assertEquals(outcome.polluted, []);
      for (const [name, result] of Object.entries<string>(outcome.results)) {
        if (name.startsWith("of ")) assert(!result.startsWith("GOT"), name);
      }
      for (const [view, text] of Object.entries(views)) {
        const control = ODD_CHARACTERS.exec(
          text,
        );
        if (!view.startsWith("/api/")) assertEquals(control?.[0], undefined, `in ${view}`);
      }
      for (const path of ["/api/state", "/api/status", "/api/paths"]) {
        JSON.parse(views[path]!.slice(4));
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
  {
    name: "keeps_every_kind",
    what:
      "it keeps values of many kinds, odd names and its own prototypes over a restart of the agent",
    holds: "what was taken is read back as it was, and the state of others is whole",
    act: (context, _loot, tryAll) => {
      const map = context.state.map("Kept", { persistent: true });
      const kind = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);
      if (map.has("done")) {
        const { view, map: inner } = Object.fromEntries(map) as {
          view?: DataView;
          map?: Map<unknown, unknown>;
        };
        return {
          kinds: Object.fromEntries([...map].map(([key, value]) => [key, kind(value)])),
          view: view && [view.byteLength, view.getUint8(0)],
          map: inner && [...inner.keys()].map(kind),
        };
      }
      const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
      return tryAll({
        date: () => map.set("date", new Date(0)),
        regexp: () => map.set("regexp", /x/gi),
        map: () => map.set("map", new Map([[{}, 1]])),
        bigint: () => map.set("bigint", 2n ** 70n),
        view: () => map.set("view", new DataView(bytes.buffer, 4, 8)),
        error: () => map.set("error", new RangeError("x", { cause: new DOMException("m") })),
        exception: () => map.set("exception", new DOMException("m", "AbortError")),
        surrogate: () => map.set("surrogate", "\ud800"),
        proto: () => map.set("__proto__", JSON.parse('{"__proto__": {"polluted": 1}}')),
        constructor: () => map.set("constructor", { prototype: { polluted: 1 } }),
        done: () => map.set("done", true),
      });
    },
    alone: true,
    also: async (bench) => {
      await bench.until(
        "its state is saved",
        () =>
          Deno.readTextFile(`${bench.home}/state.json`).then(
            (text) => text.includes("surrogate") && text.includes("done"),
            () => false,
          ),
      );
      await bench.stop();
      await bench.restart();
      const [, text] = await bench.printed(/Started[^]*Started[^]*?: outcome (.*)$/m);
      return JSON.parse(text!).value;
    },
    check: ({ outcome, also: { kinds, view, map } }) => {
      for (const [name, result] of Object.entries<string>(outcome)) {
        const key = name === "proto" ? "__proto__" : name;
        assertEquals(Object.hasOwn(kinds, key), result.startsWith("GOT"), `${name}: ${result}`);
      }
      assertEquals([kinds.date, kinds.bigint, kinds.surrogate], ["Date", "BigInt", "String"]);
      if (view) assertEquals(view, [8, 4]);
      if (map) assertEquals(map, ["Object"]);
    },
  },
  {
    name: "shows_large_values",
    what:
      "its values are a number of nine million digits, fifty million control characters, and bytes",
    holds: "they are refused or cut, and each view answers",
    act: (context, _loot, tryAll) => {
      const map = context.state.map("Map");
      return tryAll({
        number: () => map.set("number", 1n << 30_000_000n),
        text: () => map.set("text", "\x01".repeat(5e7)),
        bytes: () => map.set("bytes", new Uint8Array(6e7)),
        some: () => map.set("some", 1n << 3_000_000n),
        many: () => {
          for (let i = 0; i < 20; i++) map.set(`many${i}`, "\x01".repeat(1e5));
        },
      });
    },
    alone: true,
    memory: 1_200e6,
    also: async (bench) => (await bench.again("get", "shows_large_values.Map")).stdout.length,
    check: ({ also, views }) => {
      assert(also < 10e6, `get printed ${also} characters`);
      for (const [view, text] of Object.entries(views)) {
        assert(text.length < 10e6, `${view}: ${text.length} characters`);
      }
      assertMatch(views["/api/state"]!, /^200/);
    },
  },
);
