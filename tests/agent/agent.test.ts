import { assertEquals, assertRejects } from "@std/assert";
import { Agent, type AgentParts } from "../../lib/agent/agent.ts";
import { type Config, defaultConfig, defaultDaemonConfig } from "../../lib/config/mod.ts";
import { builtinDaemons } from "../../daemons/mod.ts";
import {
  AGENT_MAPS,
  type DaemonInfo,
  type Pause,
  type ThreadInfo,
} from "../../lib/daemon/agent_state.ts";
import { describeDefinition } from "../../lib/daemon/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { type RegisteredDaemon, Registry } from "../../lib/registry/registry.ts";

/** Counts its beats in the map `Beats`. */
const COUNTER = `export default { name: "counter", description: "counts", run: (context) => {
  let beats = 0;
  return context.every(20, () => void context.state.map("Beats").set("count", ++beats));
} };`;

/** Has its last word when it is told to stop. */
const TALKER = `export default { name: "talker", description: "talks", run: async (context) => {
  await context.sleep(1e9).catch(() => {});
  context.state.map("Words").set("last", "goodbye");
} };`;

/** Gives a verdict; what its argument is warned of does not keep it from running. */
const JUDGE = `export default { name: "judge", run: async (context) => {
  context.report("warning", "too little");
  await context.sleep(1e9);
}, arguments: { n: { type: "number", default: 1, description: "",
  checkTogether: () => ({ warning: "odd" }) } } };`;

/** An agent with daemons of its own, each a name and the module it runs, in a home of its own. */
async function withAgent(
  daemons: Record<string, string>,
  test: (
    agent: Agent,
    apply: (daemons: Record<string, string>) => Promise<void>,
    home: string,
    records: readonly LogEntry[],
  ) => Promise<void>,
  max = 20,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "agent ä " });
  await Deno.writeTextFile(`${home}/counter.js`, COUNTER);
  await Deno.writeTextFile(`${home}/talker.js`, TALKER);
  await Deno.writeTextFile(`${home}/judge.js`, JUDGE);
  const records: LogEntry[] = [];
  const config = (daemons: Record<string, string>): Config => ({
    ...defaultConfig(),
    threadPools: { MainPool: { max } },
    daemons: Object.fromEntries(
      Object.entries(daemons).map((
        [name, module],
      ) => [name, { ...defaultDaemonConfig(), module }]),
    ),
  });
  const registry = new Registry(home);
  const register = async (daemons: Record<string, string>) => {
    const loaded = { config: config(daemons), describe: String };
    return { config: loaded.config, daemons: await registry.resolve(loaded) };
  };
  const parts: AgentParts = {
    ...await register(daemons),
    home,
    serviceManager: { kind: "simulated", scenario: {} },
    log: (record) => void records.push(record),
  };
  const agent = new Agent(parts);
  try {
    await test(
      agent,
      async (daemons) => {
        const { config, daemons: registered } = await register(daemons);
        await agent.apply(config, registered);
      },
      home,
      records,
    );
  } finally {
    await agent.stop();
    await Deno.remove(home, { recursive: true });
  }
}

const threads = (agent: Agent) => agent.state.map<string, ThreadInfo>(AGENT_MAPS.threads);
const beats = (agent: Agent, daemon: string) =>
  agent.state.map<string, number>(`Daemons.${daemon}.Beats`).get("count") ?? 0;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds();) {
    if (Date.now() > end) throw new Error(`Not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("the agent says what it is, what is registered, and where each thread stands", async () => {
  await withAgent({ a: "counter.js" }, async (agent, _apply, home) => {
    await until("a beats", () => beats(agent, "a") > 2);
    const info = Object.fromEntries(agent.state.map(AGENT_MAPS.info));
    assertEquals([info.home, info.mode, info.simulated], [home, "foreground", true]);
    assertEquals(["last_end" in info, Date.parse(info.started as string) > 0], [false, true]);
    const { daemon, task, pool, state, restarts } = threads(agent).get("a::run::Main::0")!;
    assertEquals([daemon, task, pool, state, restarts], ["a", "run", "MainPool", "running", 0]);
    assertEquals(agent.state.map(AGENT_MAPS.info).get("pid"), Deno.pid);
    assertEquals([...agent.state.map(AGENT_MAPS.daemons)], [["a", {
      module: "counter.js",
      enabled: true,
    }]]);
  });
});

Deno.test("a daemon is restarted on request, and others are not", async () => {
  await withAgent({ a: "counter.js", b: "counter.js" }, async (agent) => {
    await until("both beat", () => beats(agent, "a") > 5 && beats(agent, "b") > 5);
    const since = threads(agent).get("b::run::Main::0")!.since;
    const before = beats(agent, "b");
    await agent.restartDaemon("a");
    await until("a beats anew", () => beats(agent, "a") < 5 && beats(agent, "a") > 0);
    assertEquals(threads(agent).get("b::run::Main::0")!.since, since);
    assertEquals(beats(agent, "b") >= before, true);
    await assertRejects(() => agent.restartDaemon("nobody"), Error, "nobody");
  });
});

Deno.test("a daemon whose module has become wrong is not restarted with it, and goes on", async () => {
  const both = { a: "counter.js", b: "talker.js" };
  await withAgent({ a: "counter.js" }, async (agent, apply, home, records) => {
    await until("it beats", () => beats(agent, "a") > 2);
    for (const name of ["counter", "talker"]) await Deno.writeTextFile(`${home}/${name}.js`, "{");
    await apply(both);
    const since = beats(agent, "a");
    const refused = (name: string, text: string) =>
      assertRejects(() => agent.restartDaemon(name), Error, text);
    await refused("a", `Cannot restart daemon 'a', which goes on as it was: ${home}/counter.js:1:`);
    await refused("b", `Cannot restart daemon 'b': ${home}/talker.js:1:`);
    await until("it goes on", () => beats(agent, "a") > since + 2);
    assertEquals(records.some(({ message }) => message.startsWith("Restarting")), false);
    await Deno.writeTextFile(`${home}/counter.js`, COUNTER);
    await apply(both);
    await agent.restartDaemon("a");
  });
});

Deno.test("what is examined again is said", async () => {
  await withAgent({ a: "counter.js" }, async (agent, _, __, records) => {
    const [daemon] = await new Registry("/nowhere").resolve({
      config: { ...defaultConfig(), daemons: { b: defaultDaemonConfig() } },
      describe: String,
    });
    const late = { ...daemon!, problem: "b.js: did not load within 5 s", isLate: true };
    for (let times = 2; times > 0; times--) await agent.apply(defaultConfig(), [late]);
    assertEquals(records.filter(({ level }) => level === "error").map(({ message }) => message), [
      "Daemon 'b' cannot run: b.js: did not load within 5 s; it is tried again, unless its thread is in an endless loop",
    ]);
  });
});

Deno.test("another configuration starts, stops and restarts only what differs", async () => {
  await withAgent({ a: "counter.js", b: "counter.js" }, async (agent, apply) => {
    await until("both beat", () => beats(agent, "a") > 2 && beats(agent, "b") > 2);
    const since = threads(agent).get("b::run::Main::0")!.since;
    await apply({ b: "counter.js", c: "./counter.js" });
    await until("c beats", () => beats(agent, "c") > 2);
    assertEquals([...threads(agent).keys()].sort(), ["b::run::Main::0", "c::run::Main::0"]);
    assertEquals(threads(agent).get("b::run::Main::0")!.since, since);
    assertEquals([...agent.state.map(AGENT_MAPS.daemons).keys()].sort(), ["b", "c"]);
  });
});

Deno.test("a daemon's verdict goes with its registration, and its other maps stay", async () => {
  const both = { judge: "judge.js", counter: "counter.js" };
  await withAgent(both, async (agent, apply) => {
    const verdict = agent.state.map<string, { text: string }>("Daemons.judge.Verdict");
    const count = agent.state.map("Daemons.counter.Beats");
    await until(
      "both have told",
      () => verdict.get("now")?.text === "too little" && count.has("count"),
    );
    await apply({});
    assertEquals([verdict.size, count.size], [0, 1]);
  });
});

Deno.test("a daemon whose new module cannot be used goes on with the old one", async () => {
  await withAgent({ a: "counter.js" }, async (agent, apply, _home, records) => {
    await until("a beats", () => beats(agent, "a") > 2);
    const since = threads(agent).get("a::run::Main::0")!.since;
    await apply({ a: "./missing.js" });
    const before = beats(agent, "a");
    await until("a beats on", () => beats(agent, "a") > before);
    assertEquals(threads(agent).get("a::run::Main::0")!.since, since);
    await apply({ a: "./missing.js", b: "./missing.js" });
    const errors = records.filter(({ level }) => level === "error");
    const said = errors.map(({ message }) => /^Daemon '\w' [\w ,]+(?=: )/.exec(message)?.[0]);
    assertEquals(said, ["Daemon 'a' goes on as it was", "Daemon 'b' cannot run"], "each once");
  });
});

Deno.test("who may manage services is said, and still is when it was switched off or its module is broken", async () => {
  const watcher = (change: Partial<RegisteredDaemon>): RegisteredDaemon => ({
    name: "icinga_agent_service",
    module: null,
    enabled: true,
    url: import.meta.resolve("../../daemons/icinga_agent_service.ts"),
    arguments: {},
    policy: { restart: "always", frozenAfter: 20_000, memoryLimit: 2 ** 28, failedRetry: 60_000 },
    permissions: { services: true },
    files: [],
    version: "",
    faults: [],
    warnings: [],
    ...change,
  });
  await withAgent({}, async (agent) => {
    const services = async (change: Partial<RegisteredDaemon>) => {
      await agent.apply({ ...defaultConfig(), daemons: {} }, [watcher(change)]);
      return agent.state.map<string, DaemonInfo>(AGENT_MAPS.daemons).get(
        "icinga_agent_service",
      )!
        .services;
    };
    const plain = { permissions: {}, enabled: false };
    assertEquals(await services(plain), undefined);
    const description = describeDefinition(builtinDaemons.get("icinga_agent_service")!.definition);
    assertEquals(await services({ enabled: false, description }), true, "a built-in daemon");
    assertEquals(await services({ permissions: {} }), undefined);
    assertEquals(await services({}), true);
    assertEquals(await services({ permissions: {}, problem: "broken" }), true);
    assertEquals(await services(plain), true);
    assertEquals(await services({ permissions: {} }), undefined);
  });
});

Deno.test("while it is paused daemons leave out their beats; then they go on", async () => {
  await withAgent({ a: "counter.js" }, async (agent) => {
    await until("a beats", () => beats(agent, "a") > 2);
    agent.pause("command");
    await until("a idles", idle(() => beats(agent, "a")));
    const before = beats(agent, "a");
    agent.resume();
    await until("a goes on", () => beats(agent, "a") > before);
    assertEquals(agent.state.map(AGENT_MAPS.maintenance).size, 0);
    agent.pause("service", 50);
    await until("the pause is over", () => agent.state.map(AGENT_MAPS.maintenance).size === 0);
  });
});

Deno.test("a pause is on the disk when it is answered, and so is its end", async () => {
  await withAgent({ a: "counter.js" }, async (agent, _apply, home) => {
    const saved = async () => {
      const { maps } = JSON.parse(await Deno.readTextFile(`${home}/state.json`));
      return Object.keys(maps[AGENT_MAPS.servicePauses] ?? {});
    };
    for (const service of ["b", "c"]) {
      await agent.pause("command", 60_000, service);
      assertEquals((await saved()).includes(service), true);
    }
    await agent.resume("b");
    assertEquals(await saved(), ["c"]);
  });
});

Deno.test("of a pause that the agent's end interrupts what is left is on the disk", async () => {
  await withAgent({}, async (agent, _apply, home, records) => {
    assertEquals(records.map(({ level, message }) => `${level} ${message}`), [
      "warning No daemon is registered and enabled: there is nothing to do",
    ]);
    await agent.pause("command", 60_000, "b");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await agent.stop();
    const { maps } = JSON.parse(await Deno.readTextFile(`${home}/state.json`));
    const { left }: Pause = maps[AGENT_MAPS.servicePauses].b;
    assertEquals([left! < 60_000, left! > 0], [true, true]);
  });
});

Deno.test("it is warned of daemons that find no place in their pool, once until that changes", async () => {
  await withAgent({ a: "counter.js", b: "counter.js" }, async (agent, apply, _home, records) => {
    const warned = () => records.filter(({ message }) => /b may wait/.test(message)).length;
    await until("a runs", () => beats(agent, "a") > 0);
    await apply({ a: "counter.js", b: "counter.js" });
    assertEquals(warned(), 1);
    await apply({ a: "counter.js" });
    await apply({ a: "counter.js", b: "counter.js" });
    assertEquals(warned(), 2);
  }, 1);
});

/** Whether a figure has stood still for ten looks in a row. */
function idle(figure: () => number): () => boolean {
  let [last, still] = [NaN, 0];
  return () => {
    still = figure() === last ? still + 1 : 0;
    last = figure();
    return still >= 10;
  };
}

Deno.test("what daemons write when they are told to stop is in the state at the end", async () => {
  const names = ["a", "b", "c", "d"];
  const daemons = Object.fromEntries(names.map((name) => [name, "talker.js"]));
  await withAgent(daemons, async (agent) => {
    await until("all run", () => {
      const infos = [...threads(agent).values()];
      return infos.length === 4 && infos.every(({ state }) => state === "running");
    });
    await agent.stop();
    const last = (name: string) => agent.state.map(`Daemons.${name}.Words`).get("last");
    assertEquals(names.map(last), names.map(() => "goodbye"));
  });
});

Deno.test("daemons that are built in come to their places first, wherever they are listed", async () => {
  const daemons = { a: "counter.js", b: "counter.js", icinga: "icinga_agent_service" };
  await withAgent(daemons, async (agent) => {
    await until("all are known", () => threads(agent).size === 3);
    assertEquals([...threads(agent).keys()][0], "icinga::run::Main::0");
  });
});

Deno.test("of two daemons that watch one service the first watches it, also when it comes later", async () => {
  await withAgent({ second: "icinga_agent_service" }, async (agent, apply) => {
    const runs = (daemon: string) => threads(agent).get(`${daemon}::run::Main::0`)?.state;
    const problem = (daemon: string) =>
      agent.state.map<string, DaemonInfo>(AGENT_MAPS.daemons).get(daemon)?.problem;
    await until("the only one runs", () => runs("second") === "running");
    await apply({ first: "icinga_agent_service", second: "icinga_agent_service" });
    await until("the first runs", () => runs("first") === "running");
    assertEquals([runs("second"), problem("first")], [undefined, undefined]);
    assertEquals(typeof problem("second"), "string");
    await apply({ second: "icinga_agent_service" });
    await until("the other runs again", () => runs("second") === "running");
    assertEquals([runs("first"), problem("second")], [undefined, undefined]);
  });
});
