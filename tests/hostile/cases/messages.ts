import { assertEquals } from "@std/assert";
import { assertNothingGot, attempts, ODD_CHARACTERS } from "../attempt.ts";

export default attempts(
  {
    name: "reaches_threads",
    what:
      "it posts messages in the agent's name, and opens channels, ports, workers and object URLs",
    holds: "each is refused",
    act: (_, _loot, tryAll) => {
      const { process } = globalThis as unknown as {
        process: Record<string, (...of: unknown[]) => unknown>;
      };
      const post = (data: unknown) => () => self.postMessage(data) as unknown;
      let shared: unknown[] = [1];
      for (let i = 0; i < 6; i++) shared = Array(100).fill(shared);
      return tryAll({
        oddTime: post({
          type: "log",
          level: "info",
          message: "x",
          time: { toString: 1, valueOf: 1 },
        }),
        farTime: post({ type: "log", level: "info", message: "x", time: 1e300 }),
        shared: post({ type: "failed", error: shared }),
        long: post({ type: "log", level: "info", message: "x".repeat(50e6), time: 1 }),
        unreadable: post(new DOMException("m", "AbortError")),
        child: post({
          type: "start-child",
          request: { id: 1, task: "t", name: "N", pool: "__proto__" },
        }),
        global: () => globalThis.postMessage("x"),
        inherited: () => Object.getPrototypeOf(globalThis).postMessage.call(globalThis, "x"),
        channel: () => new BroadcastChannel("icinga-warden.state"),
        ports: () => new MessageChannel(),
        worker: () => new Worker("data:text/javascript,for(;;);", { type: "module" }),
        nodeSend: () => process.send!("x"),
        blob: () => URL.createObjectURL(new Blob([new Uint8Array(10e6)])),
        constructed: () =>
          new (BroadcastChannel.prototype.constructor as typeof BroadcastChannel)("x"),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "logs_megabytes",
    what: "it posts log records of 50 MB, and errors of as much",
    holds: "the log has their beginning, and memory is bounded",
    act: async (context) => {
      context.log.error("y".repeat(50e6));
      await context.sleep(300);
      throw new Error("z".repeat(50e6));
    },
    alone: true,
    silent: true,
    logged: [/logs_megabytes::run::Main::0/, /logs_megabytes::run::Main::0: outcome/],
    memory: 900e6,
    check: ({ output }) =>
      assertEquals(output.split("\n").every((line) => line.length < 20_000), true),
  },
  {
    name: "forges_records",
    what:
      "it logs line ends, escape sequences, control characters and bidirectional marks, and prints them",
    holds:
      "each record is one line without any of them, in the file, on the console and in each view",
    act: async (context) => {
      const odd =
        "a\n2026-01-01T00:00:00.000Z [FATAL] agent: forged\r\u2028\u2029\x85b\x1b[2J\x1b]0;title\x07\x9b2J\u202egnp.exe\u2066\u200f\x00\x08\x7f";
      context.log.info(odd);
      // deno-lint-ignore no-console
      console.log(odd);
      // deno-lint-ignore no-console
      console.error(`\x1b[31m${odd}`);
      await context.sleep(100);
      context.state.map("Map").set(odd, odd);
      queueMicrotask(() => Promise.reject(new Error(odd)));
      await context.sleep(500);
    },
    silent: true,
    alone: true,
    logged: [/forges_records::run::Main::0: a/],
    also: (bench) => Promise.resolve(bench.log()),
    check: ({ output, also, views }) => {
      for (const text of [output, also, ...Object.values(views)]) {
        // JSON has it in quotes, and on one line.
        assertEquals(/^[^\s"]+ \[FATAL\] agent: forged/m.exec(text)?.[0], undefined);
      }
      const {
        "/api/logs": _logs,
        "/api/state": _state,
        "/api/status": _status,
        "/api/paths": _paths,
        "/api/history": _history,
        ...plain
      } = views;
      for (const [name, text] of Object.entries({ output, file: also, ...plain })) {
        const odd = ODD_CHARACTERS.exec(
          text,
        );
        assertEquals(odd?.[0], undefined, `in ${name}`);
      }
    },
  },
  {
    name: "asks_for_odd_threads",
    what:
      "it asks for child threads with names of megabytes, reserved words, wrong types and MessagePorts",
    holds: "each is refused to it, and no other daemon pays",
    act: async (context) => {
      const results: string[] = [];
      const options: [string, Record<string, unknown>][] = [
        ["x".repeat(5e6), {}],
        ["t", { name: "x".repeat(5e6) }],
        ["t", { pool: "x".repeat(5e6) }],
        ["__proto__", {}],
        ["constructor", { pool: "__proto__" }],
        ["victim::run", {}],
        ["../victim", { name: "Main" }],
        ["t", { arguments: new TransformStream() }],
        ["t", { arguments: { deep: [() => {}] } }],
        ["t", { name: "a::b\n\x1b[2J", pool: "constructor" }],
        ["t", { arguments: new ReadableStream() }],
        ["t", {
          arguments: new Error("x", {
            cause: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
          }),
        }],
        ["t", { arguments: new Uint8Array(50e6) }],
      ];
      for (const [task, given] of options) {
        try {
          results.push(`GOT ${await context.thread(task, given as never).result}`);
        } catch (error) {
          results.push(`${error}`.slice(0, 120));
        }
      }
      await context.sleep(1_500);
      return results;
    },
    definition: "tasks: { t: () => 'ran' },",
    alone: true,
    memory: 900e6,
    also: (bench) => bench.again("thread", "list", "--json").then(({ stdout }) => stdout.length),
    check: ({ outcome, also, output }) => {
      assertEquals(outcome.filter((result: string) => result === "GOT ran").length <= 1, true);
      assertEquals(/(healthy|victim|icinga)\S* (is given up|failed)/.exec(output)?.[0], undefined);
      assertEquals(also < 100_000, true);
      assertEquals(output.length < 1e6, true);
    },
  },
  {
    name: "throws_odd_things",
    what:
      "it rejects, throws and reports what cannot be looked at: revoked proxies, throwing getters, symbols",
    holds: "it alone is started again",
    act: async (context) => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const odd = [
        proxy,
        Symbol("x"),
        {
          get message(): string {
            throw new Error("message");
          },
        },
        {
          get stack(): string {
            throw new Error("stack");
          },
          toString: null,
        },
        Object.create(null),
        Object.assign(new Error("x"), { cause: proxy, name: { toString: 1 } }),
        null,
        undefined,
        () => {},
      ];
      for (const thing of odd) {
        try {
          reportError(thing);
        } catch {
          // It tries the next one.
        }
        Promise.reject(thing);
        setTimeout(() => {
          throw thing;
        });
        self.dispatchEvent(new ErrorEvent("error", { error: thing, message: "x" }));
      }
      await context.sleep(500);
    },
    silent: true,
    logged: [/throws_odd_things::run::Main::0/],
  },
  {
    name: "garbles_heartbeat",
    what: "it catches the memory of its heartbeat by patched Atomics and fills it with garbage",
    holds: "it alone may be taken for frozen, and what status says are numbers",
    act: async (context) => {
      const caught = new Set<unknown>();
      const atomics = Atomics as unknown as Record<string, (...of: unknown[]) => unknown>;
      for (const name of Reflect.ownKeys(Atomics).filter((name) => typeof name === "string")) {
        const original = atomics[name as string]!;
        if (typeof original !== "function") continue;
        atomics[name as string] = (...given: unknown[]) => {
          caught.add(given[0]);
          return original(...given);
        };
      }
      await context.sleep(3_000);
      for (const memory of caught) {
        const { buffer } = memory as Float64Array;
        new Uint8Array(buffer).fill(255);
        new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8)).fill(NaN);
      }
      await context.sleep(1_000);
      return caught.size;
    },
    alone: true,
    check: ({ views }) => {
      JSON.parse(views["/api/status"]!.slice(4));
      assertEquals(/NaN|Infinity|-\d{10}/.exec(views["/metrics"]!)?.[0], undefined);
    },
  },
  {
    name: "fails_with_markup",
    what:
      "it fails with a text that holds perfdata, lines, escape sequences and markup, and has threads so named",
    holds: "each view shows one plain line, and no series or value is added",
    definition: "tasks: { t: () => {} },",
    act: async (context) => {
      const evil =
        `OK: all is well\n\x1b[2J | injected=1;2;3 \u202e"} 1\nicinga_warden_health{health="ok"} 1\n#<script>`;
      await context.thread(evil).result.catch(() => {});
      await context.thread("t", { name: evil }).result.catch(() => {});
      setTimeout(() => {
        throw new Error(evil);
      });
      await context.sleep(60_000);
    },
    silent: true,
    logged: [/Thread fails_with_markup::run::Main::0 failed: /],
    check: ({ views }) => {
      assertEquals(views.check!.split("|").length, 2, views.check);
      assertEquals(/injected/.exec(views.check!.split("|")[1]!.split("\n")[0]!)?.[0], undefined);
      for (const view of ["check", "status", "thread list", "daemon list", "logs", "/metrics"]) {
        assertEquals(ODD_CHARACTERS.exec(views[view]!)?.[0], undefined, view);
      }
      const series = views["/metrics"]!.match(/^icinga_warden_health\{.*$/gm) ?? [];
      assertEquals(new Set(series.map((line) => line.replace(/\} .*/, ""))).size, series.length);
    },
  },
);
