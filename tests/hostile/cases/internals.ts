import { assertEquals } from "@std/assert";
import { assertNothingGot, attempts } from "../attempt.ts";

/** What an act may look at that has no type. */
type Any = Record<string | symbol, unknown>;

export default attempts(
  {
    name: "calls_internals",
    what: "it ends the process by the runtime's internals: op_exit, op_process_abort, op_panic",
    holds: "there are no internals to call",
    act: async (_, _loot, tryAll) => {
      const deno = Deno as unknown as Any;
      const all = globalThis as unknown as Any;
      const { process } = globalThis as unknown as { process: Any };
      const ops = (core: unknown) =>
        (core as { ops: Record<string, (...of: unknown[]) => void> }).ops;
      const internal = () => ops((deno[deno.internal as symbol] as Any).core);
      return await tryAll({
        exit: () => internal().op_exit!(),
        abort: () => internal().op_process_abort!(),
        panic: () => internal().op_panic!("x"),
        environment: () => internal().op_get_env_no_permission_check!("WARDEN_SECRET"),
        core: () => ops(deno.core).op_panic!("x"),
        bootstrap: () => ops((all.__bootstrap as Any).core).op_panic!("x"),
        symbols: () => {
          for (const symbol of Object.getOwnPropertySymbols(deno)) {
            const { core } = (deno[symbol] ?? {}) as Any;
            if (core) ops(core).op_panic!("x");
          }
          throw new Error("no symbol of Deno leads to it");
        },
        prototypes: () => {
          for (let at = Object.getPrototypeOf(deno); at; at = Object.getPrototypeOf(at)) {
            for (const key of Reflect.ownKeys(at)) {
              if ((at[key] as Any)?.core) ops((at[key] as Any).core).op_panic!("x");
            }
          }
          throw new Error("no prototype leads to it");
        },
        binding: () => (process.binding as (of: string) => unknown)("fs"),
        linked: () => (process._linkedBinding as (of: string) => unknown)("fs"),
        mainModule: () => (process.mainModule as Any).require,
      });
    },
    notLogged: [/ lets the process end/],
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "finds_new_realms",
    what:
      "it looks for a realm that has the internals: ShadowRealm, eval, Function, timers with text",
    holds: "none has them",
    act: async (_, _loot, tryAll) => {
      const code = `(() => {
        const deno = globalThis.Deno;
        const found = deno && deno[deno.internal];
        if (!found) throw new Error("no internals");
        return "internals";
      })()`;
      const all = globalThis as unknown as {
        ShadowRealm: new () => { evaluate(of: string): unknown };
      };
      return await tryAll({
        shadow: () => new all.ShadowRealm().evaluate(code),
        eval: () => (0, eval)(code),
        constructor: () => Deno.constructor.constructor(`return ${code}`)(),
        timer: () => setTimeout(code as never, 0),
        generator: () => (function* () {}).constructor(`yield ${code}`)().next(),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "walks_stacks",
    what:
      "it looks for the entry's objects on the stack, by prepareStackTrace, callers and arguments",
    holds: "it finds none",
    act: async (context, _loot, tryAll) => {
      const leaked: string[] = [];
      const type = Error as unknown as { prepareStackTrace?: unknown };
      const before = type.prepareStackTrace;
      type.prepareStackTrace = (
        _: Error,
        sites: { getThis(): unknown; getFunction(): unknown }[],
      ) => {
        for (const site of sites) {
          const self = site.getThis();
          const called = site.getFunction();
          if (self !== undefined && self !== globalThis) leaked.push("this " + typeof self);
          if (typeof called === "function" && /import|loadDaemon|post/.test(called.name)) {
            leaked.push(called.name);
          }
        }
        return "";
      };
      const results = await tryAll({
        stack: () => {
          void new Error("x").stack;
          throw new Error("none");
        },
        fromContext: async () => {
          try {
            await context.sleep({ valueOf: () => void new Error("x").stack } as never);
          } catch (error) {
            void (error as Error).stack;
          }
          throw new Error("none");
        },
        caller: () =>
          (Object.getOwnPropertyDescriptor(Function.prototype, "caller")!.get!).call(context.sleep),
        arguments: () =>
          (context.sleep as unknown as Any).arguments ?? (() => {
            throw new Error("none");
          })(),
      });
      type.prepareStackTrace = before;
      return { leaked, results };
    },
    check: ({ outcome }) => {
      assertEquals(outcome.leaked, []);
      assertNothingGot(outcome.results);
    },
  },
  {
    name: "patches_prototypes",
    what:
      "it patches what the entry uses to get at its port, its channel and its ops, and forges another's state",
    holds: "it reaches no other daemon's map and none of the agent's",
    act: async (context) => {
      const caught: unknown[] = [];
      const seen: Record<string, boolean> = {};
      const { apply } = Reflect;
      const locked: Record<string, string> = {};
      const wrap = (holder: object, name: string) => {
        const target = holder as Any;
        const original = target[name] as (...of: unknown[]) => unknown;
        try {
          target[name] = function (this: unknown, ...given: unknown[]) {
            caught[caught.length] = this;
            for (const value of given) caught[caught.length] = value;
            seen[name] = true;
            return apply(original, this, given);
          };
        } catch (error) {
          locked[name] = `${error}`.slice(0, 100);
        }
      };
      for (const type of [MessagePort, BroadcastChannel]) wrap(type.prototype, "postMessage");
      wrap(EventTarget.prototype, "dispatchEvent");
      wrap(EventTarget.prototype, "addEventListener");
      wrap(Map.prototype, "set");
      wrap(Map.prototype, "get");
      wrap(Promise.prototype, "then");
      wrap(Array.prototype, "push");
      const map = context.state.map("Forged");
      for (let i = 0; i < 5; i++) {
        map.set("key", "forged");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const text = (data: unknown) => {
        try {
          return JSON.stringify(data) ?? "";
        } catch {
          return "";
        }
      };
      const posts = caught.filter((value) => text(value).includes("forged"));
      const ends = caught.filter((value) =>
        value instanceof MessagePort || value instanceof BroadcastChannel
      ) as (MessagePort | BroadcastChannel)[];
      for (const end of new Set(ends)) {
        for (const data of posts.slice(0, 50)) {
          for (
            const to of ["Daemons.victim.Own", "Agent.Info", "Agent.Daemons", "Agent.Maintenance"]
          ) {
            const forged = text(data).replaceAll("Daemons.patches_prototypes.Forged", to)
              .replaceAll('"key"', '"value"');
            try {
              end.postMessage(JSON.parse(forged));
            } catch {
              // It tries the next one.
            }
          }
        }
      }
      return { seen: Object.keys(seen), ends: ends.length, locked: Object.keys(locked) };
    },
    also: async (bench) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const agent = await bench.again("get", "Agent", "--json");
      const victim = await bench.again("get", "victim.Own", "--json");
      return { agent: agent.stdout, victim: victim.stdout };
    },
    notLogged: [/the victim reads/],
    check: ({ outcome, also }) => {
      assertEquals(outcome.ends, 0, "it has caught a port or a channel");
      assertEquals(outcome.locked.sort(), ["addEventListener", "dispatchEvent", "postMessage"]);
      assertEquals(also.agent.includes("forged"), false);
      assertEquals(JSON.parse(also.victim), { value: "mine" });
    },
    alone: true,
  },
  {
    name: "uses_unstable",
    what: "it uses what needs a flag of Deno: vsock, cron, QUIC",
    holds: "each is refused, and the process does not end",
    act: (_, _loot, tryAll) => {
      const deno = Deno as unknown as Record<string, (...of: unknown[]) => unknown>;
      return tryAll({
        connect: () => deno.connect!({ transport: "vsock", cid: 1, port: 1 }),
        listen: () => deno.listen!({ transport: "vsock", cid: 1, port: 1 }),
        serve: () => deno.serve!({ transport: "vsock", cid: 1, port: 1 }, () => new Response("")),
        client: () => deno.createHttpClient!({ proxy: { transport: "vsock", cid: 1, port: 1 } }),
        unixProxy: () => deno.createHttpClient!({ proxy: { transport: "unix", path: "/x" } }),
        cron: () => deno.cron!("x", "* * * * *", () => {}),
        quic: () => deno.connectQuic!({ hostname: "127.0.0.1", port: 1 }),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
);
