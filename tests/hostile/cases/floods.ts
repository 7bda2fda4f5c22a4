import { assert, assertEquals, assertMatch } from "@std/assert";
import { attempts, ODD_CHARACTERS } from "../attempt.ts";

export default attempts(
  {
    name: "sets_megabytes",
    what: "it sets 8 MB of state each 100 ms",
    holds: "ticks go on, and memory is bounded",
    act: async (context) => {
      const map = context.state.map("Map");
      let refused = 0;
      for (const end = context.now() + 4_000; context.now() < end;) {
        try {
          map.set("big", String(Math.random()).repeat(4).padEnd(8e6, "x"));
        } catch {
          refused++;
        }
        await context.sleep(100);
      }
      return refused;
    },
    alone: true,
    memory: 900e6,
  },
  {
    name: "fills_state_by_children",
    what: "eight children set new keys of 500,000 characters until they are refused",
    holds: "ticks go on, and memory is bounded",
    definition: `tasks: { async t(context) {
      const map = context.state.map("Map");
      try {
        for (let i = 0; i < 60; i++) {
          map.set(context.threadName + i, (i + "x").repeat(2e5).slice(0, 5e5));
          await context.sleep(50);
        }
      } catch {}
    } },`,
    act: async (context) => {
      const children = Array.from({ length: 8 }, (_, i) => context.thread("t", { name: `N${i}` }));
      await Promise.all(children.map(({ result }) => result.catch(() => {})));
      return "filled";
    },
    alone: true,
    memory: 1_500e6,
    check: ({ outcome, output }) => {
      assertEquals(outcome, "filled");
      assertMatch(output, /fills_state_by_children::t::\S+: Held back \d+ messages/);
    },
  },
  {
    name: "saves_megabytes",
    what: "its persistent map gets 60 MB of bytes and 95 million control characters",
    holds: "memory is bounded, and the state of others is saved",
    act: (context, _loot, tryAll) => {
      const map = context.state.map("Saved", { persistent: true });
      return tryAll({
        bytes: () => map.set("bytes", new Uint8Array(60e6)),
        control: () => map.set("control", "\x01".repeat(95e6)),
      });
    },
    daemons: {
      saver: `async run(context) {
        await context.sleep(3_000);
        context.state.map("Saved", { persistent: true }).set("kept", "keptbysaver");
        context.log.info("set");
        await context.every(1_000, () => {});
      },`,
    },
    logged: [/saver::run::Main::0: set/],
    also: (bench) =>
      bench.until(
        "the state of others is saved",
        () =>
          Deno.readTextFile(`${bench.home}/state.json`).then(
            (text) => text.includes("keptbysaver"),
            () => false,
          ),
      ),
    alone: true,
    memory: 1_200e6,
  },
  {
    name: "floods_log_by_children",
    what: "a dozen children one after the other log 500 records of 16,000 characters each",
    holds: "the log's beginning is still there, and one record says how many were dropped",
    definition: `tasks: { t: (context) => {
      for (let i = 0; i < 500; i++) context.log.info("y".repeat(15_900));
    } },`,
    act: async (context) => {
      for (let i = 0; i < 12; i++) await context.thread("t").result.catch(() => {});
      // Its own record has to find room in the daemon's limit again.
      await context.sleep(2_000);
      return "done";
    },
    alone: true,
    memory: 900e6,
    also: ({ home }) => {
      const logs = [...Deno.readDirSync(`${home}/logs`)].map(({ name }) =>
        Deno.readTextFileSync(`${home}/logs/${name}`)
      );
      return Promise.resolve({
        started: logs.some((log) => log.includes("agent: Started")),
        bytes: logs.reduce((sum, { length }) => sum + length, 0),
      });
    },
    check: ({ also, output }) => {
      assert(also.started, "the log's beginning is gone");
      assert(also.bytes < 30e6, `${also.bytes} bytes of log`);
      assert(/floods_log_by_children\S*: Dropped \d+ log records/.test(output));
    },
  },
  {
    name: "starts_threads",
    what: "it starts a hundred and thirty child threads at once, which end at once",
    holds: "ticks go on, and at most two records tell that they wait",
    definition: "tasks: { t: () => {} },",
    act: async (context) => {
      for (let i = 0; i < 130; i++) context.thread("t", { name: `N${i}` }).result.catch(() => {});
      await context.sleep(5_000);
      return "started";
    },
    alone: true,
    memory: 3_000e6,
    check: ({ output }) => {
      const told = output.match(/'starts_threads' starts more than/g) ?? [];
      assert(told.length <= 2, `told ${told.length} times`);
    },
  },
  {
    name: "fills_pool",
    what: "its children sleep in every place of the pool, and the Icinga daemon is restarted",
    holds: "the Icinga daemon has its place and runs again",
    definition: "tasks: { t: (context) => context.sleep(600_000) },",
    act: async (context) => {
      for (let i = 0; i < 25; i++) context.thread("t", { name: `N${i}` });
      await context.sleep(2_000);
      return "filled";
    },
    alone: true,
    pool: 12,
    memory: 900e6,
    also: async (bench) => {
      const restarted = await bench.again("daemon", "restart", "icinga_agent_service");
      await bench.until("the Icinga daemon runs again", async () => {
        const { stdout } = await bench.again("daemon", "list");
        return /icinga_agent_service +built in +yes +running/.test(stdout);
      });
      return restarted;
    },
    check: ({ also }) => assertEquals(also.code, 0, also.stderr),
  },
  {
    name: "waits_for_ever",
    what: "it waits on shared memory for 2 s, and spins for 2 s",
    holds: "ticks of the others go on",
    act: (context) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
      for (const end = performance.now() + 2_000; performance.now() < end;);
      return context.threadName;
    },
    check: ({ outcome }) => assertEquals(outcome, "waits_for_ever::run::Main::0"),
  },
  {
    name: "poisons_services",
    what:
      "it keeps maps named ServiceState and ServiceStats, with perfdata, lines, escape sequences and false alarms",
    holds: "check and status show no service of it, and stay OK",
    act: async (context) => {
      const state = context.state.map("ServiceState");
      const stats = context.state.map("ServiceStats");
      const evil = " | injected=5;1;2\nCRITICAL\x1b[2J\u202e";
      state.set("value", "STOPPED");
      state.set("restart_error", evil);
      state.set(`icinga2${evil}`, { value: `STOPPED${evil}`, restart_error: evil });
      stats.set("icinga2", { restarts: evil, queries: evil, query: evil, lastRestart: evil });
      stats.set(evil, { restarts: 1, query: { sum: NaN, count: -1, buckets: [evil] } });
      for (let i = 0; i < 1_000; i++) state.set(`s${i}`, { value: `x${i}` });
      await context.sleep(1_000);
      return "set";
    },
    check: ({ views }) => {
      for (const view of ["check", "status", "/metrics", "status --json"]) {
        assertEquals(/injected|CRITICAL/.exec(views[view]!)?.[0], undefined, view);
      }
      assertMatch(views.check!, /^0\nOK/);
      assertEquals(views.check!.split("|").length, 2);
      const { services } = JSON.parse(views["/api/status"]!.slice(4));
      assertEquals(JSON.stringify(services).includes("poisons_services"), false);
      assertEquals(/x999|injected/.exec(views["/api/history"]!)?.[0], undefined);
    },
  },
  {
    name: "poisons_verdict",
    what:
      "its verdict holds perfdata, lines, escape sequences and odd names, past context.report too",
    holds: "each view shows single lines, and no value is added to the perfdata",
    act: async (context) => {
      const evil = "x | injected=5;1;2\nOK\x1b[2J\u202e";
      const numbers = { [evil]: 1, free: { value: 1, warning: "1;2 injected=5", unit: "GB" } };
      let refused = "";
      try {
        context.report("ok", evil, numbers as never);
      } catch (error) {
        refused = String(error);
      }
      context.report("warning", evil.repeat(5_000), { good: 7 });
      const map = context.state.of("poisons_verdict", "Verdict");
      const set = map.get("now") as Record<string, unknown>;
      await context.sleep(500);
      map.set("now", { ...set, numbers });
      await context.sleep(500);
      context.report("warning", evil, { good: 7 });
      await context.sleep(500);
      return refused;
    },
    alone: true,
    check: ({ outcome, views }) => {
      assertMatch(outcome, /^TypeError: Cannot report: numbers\."x \| injected.*unusable name/);
      const [text = "", rest = ""] = views.check!.split("|");
      const [perfdata = ""] = rest.split("\n");
      assertEquals(views.check!.split("|").length, 2, views.check);
      assertMatch(text, /^1\nWARNING: poisons_verdict: x \/ injected=5;1;2 OK/);
      assertMatch(perfdata, /'poisons_verdict good'=7/);
      assertEquals(/injected/.exec(perfdata)?.[0], undefined);
      for (const view of ["check", "status", "status --json", "/metrics"]) {
        assertEquals(ODD_CHARACTERS.exec(views[view]!)?.[0], undefined, view);
      }
      assertMatch(views["/metrics"]!, /icinga_warden_daemon_value\{.*name="good".*\} 7/);
      assertEquals(/injected/.exec(views["/metrics"]!)?.[0], undefined);
    },
  },
  {
    name: "poisons_metrics",
    what: "its metrics have names, help and keys with lines and escape sequences, and many series",
    holds: "a scrape stays readable by Prometheus, without odd characters, and bounded",
    definition: `maps: { Map: { description: "", metrics: {
      free: { type: "gauge", unit: "bytes", help: "x\\ninjected 5\\u001b[2J\\u202e" },
      value: { type: "counter", help: "takes another's name" },
    } } },`,
    act: async (context) => {
      const evil = 'x"} 5\ninjected 1\x1b[2J\u202e\ud800';
      const map = context.state.map("Map");
      map.set(evil, { free: 7, value: -1 });
      map.set(`${evil} `, { free: 8, value: "1" });
      for (let n = 0; n < 1_500; n++) {
        map.set(`k${n}`, { free: n });
        if (n % 100 === 0) await context.sleep(50);
      }
      await context.sleep(2_000);
      return "set";
    },
    alone: true,
    check: ({ views }) => {
      const text = views["/metrics"]!;
      assertEquals(ODD_CHARACTERS.exec(text)?.[0], undefined);
      const series = text.split("\n").filter((line) => line && !/^#|^200$/.test(line));
      for (const line of series) {
        assertMatch(line, /^\w+(\{\w+="(?:[^"\\]|\\.)*"(,\w+="(?:[^"\\]|\\.)*")*\})? [\d.e+-]+$/);
      }
      const own = series.filter((line) => line.startsWith("icinga_warden_daemon_poisons_metrics_"));
      assertEquals(own.length, 999, "1,000 entries of the map, two of which look the same");
      assertEquals(new Set(own.map((line) => line.replace(/ \S+$/, ""))).size, own.length);
    },
  },
  {
    name: "poisons_granted_services",
    what: "it may keep services, and its figures of them hold perfdata, lines and escape sequences",
    holds: "each view shows numbers and single lines, and no value is added to the perfdata",
    definition: "permissions: { services: true },",
    entry: { permissions: { services: true } },
    act: async (context) => {
      const evil = "0 | injected=5;1;2\nCRITICAL\x1b[2J\u202e";
      const state = context.state.map("ServiceState");
      const stats = context.state.map("ServiceStats");
      state.set("value", `STOPPED${evil}`);
      state.set(`other${evil}`, { value: evil });
      stats.set("icinga2", { restarts: evil, queries: evil, query: evil, lastRestart: evil });
      stats.set(evil, { restarts: { valueOf: evil }, query: { sum: evil, count: NaN } });
      await context.sleep(1_000);
      return "set";
    },
    alone: true,
    check: ({ views }) => {
      const [, perfdata = ""] = views.check!.split("|");
      assertEquals(views.check!.split("|").length, 2, views.check);
      assertEquals(/injected/.exec(perfdata)?.[0], undefined);
      assertEquals(/^CRITICAL/m.exec(views.check!.replace(/^\d+\nCRITICAL/, ""))?.[0], undefined);
      for (const view of ["check", "status", "status --json", "/metrics"]) {
        assertEquals(ODD_CHARACTERS.exec(views[view]!)?.[0], undefined, view);
      }
      const series = views["/metrics"]!.split("\n").filter((line) =>
        line && !/^#|^200$/.test(line)
      );
      for (const line of series) assertMatch(line, /^\w+(\{.*\})? [\d.e+-]+$/);
    },
  },
);
