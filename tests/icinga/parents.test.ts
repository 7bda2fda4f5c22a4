import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { keepServiceRunning } from "../../daemons/shared/keep_service_running.ts";
import { configureProbes } from "../../daemons/shared/probes/mod.ts";
import type { SharedProbe } from "../../daemons/shared/probes/runner.ts";
import type { WatchSettings } from "../../daemons/shared/watch_arguments.ts";
import icingaDaemon from "../../daemons/icinga_agent_service.ts";
import { watchIcinga } from "../../lib/agent/icinga.ts";
import { type Clock, sleepTicks, systemClock } from "../../lib/base/mod.ts";
import { createContext, createDaemonLog, readArguments } from "../../lib/daemon/mod.ts";
import { procSources } from "../../lib/icinga/mod.ts";
import type { ServiceManager } from "../../lib/service/mod.ts";
import { MainState } from "../../lib/state/mod.ts";
import { makeCa, makeCertificate } from "./fixture.ts";
import { hasIcinga, type Node, nodes } from "./nodes.ts";

/**
 * Time passes four times as fast as it does. Not faster: a node that is refused keeps each connection for 10 s, which has
 * to stay below the 60 s after which a connection counts.
 */
const SPEED = 4;

const fastClock: Clock = {
  now: () => systemClock.now() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
  after: (ms, run) => systemClock.after(ms / SPEED, run),
  ticks: (interval, signal) => sleepTicks(fastClock, interval, signal),
};

/** A node in the place of a service. */
function managerOf({ folder, start, stop }: Node, onRestart: () => void): ServiceManager {
  const none = () => Promise.resolve(undefined);
  return {
    query: async () => await procSources(folder).tree() ? "RUNNING" : "STOPPED",
    start,
    stop,
    async restart() {
      onRestart();
      await stop();
      await start();
      return true;
    },
    progress: () => ({ checkpoint: 0, waitHint: 0 }),
    isDisabled: () => Promise.resolve(false),
    enable: none,
    nameOf: none,
  };
}

/** Keeps a node running and looks at its connection to the parents, with shorter limits than the defaults. */
function watching(agent: Node) {
  const state = new MainState({ thread: "main" });
  const stop = new AbortController();
  const { signal } = stop;
  const records: string[] = [];
  let restarts = 0;
  const { values } = readArguments(icingaDaemon.arguments!, { interval: "1s" });
  const context = createContext({
    ...{ daemon: "d", thread: "d::run::Main::0", signal, state, clock: fastClock },
    arguments: values as WatchSettings,
    log: createDaemonLog("info", (_, message) => void records.push(message)),
    services: managerOf(agent, () => restarts++),
  });
  const probes = ["parent_connection every=5s failAfter=20s settle=90s"];
  const shared = {
    setValue: (value: unknown) => void context.state.map("ServiceState").set("value", value ?? ""),
    ...{ restartErrors: () => 0, setRestartErrors: () => {}, setDiagnosis: () => {} },
  };
  const plan = { service: "agent", shared, random: () => 0 };
  const kept = keepServiceRunning(context as Parameters<typeof keepServiceRunning>[0], {
    ...plan,
    probes: configureProbes(probes, { areNamed: true }),
  });
  const target = { service: "agent", dataDir: agent.folder.root, look: "icinga" } as const;
  const icinga = () => [{ daemon: "d", ...target, repair: [], mode: "act" as const }];
  const looks = watchIcinga({ agent: { state, icinga }, clock: fastClock, log: () => {} }, signal);
  const shown = state.map<string, SharedProbe>("Daemons.d.ServiceProbes");
  const is = () => shown.get("parent_connection")?.is;
  return {
    restarts: () => restarts,
    isConnected: () => is() === "ok",
    said: (pattern: RegExp) => () => records.some((record) => pattern.test(record)),
    /** Waits until something is so, for 5 min at most. */
    async until(isSo: () => boolean) {
      for (let i = 0; i < 1_500 && !isSo(); i++) await systemClock.sleep(200);
      assert(isSo(), `${records.join("\n")}\n${JSON.stringify(shown.get("parent_connection"))}`);
    },
    /** Lets a time pass in which a second restart would have come. */
    rest: () => fastClock.sleep(90_000),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([kept, looks]);
      state.close();
    },
  };
}

/** Two nodes that are connected, and what watches the agent. */
async function connected(
  run: (
    parts: Awaited<ReturnType<typeof nodes>> & { watch: ReturnType<typeof watching> },
  ) => Promise<void>,
  prepare: (both: Awaited<ReturnType<typeof nodes>>) => Promise<void> = () => Promise.resolve(),
) {
  await using both = await nodes();
  await prepare(both);
  await both.master.start();
  await both.agent.start();
  await using watch = watching(both.agent);
  await watch.until(watch.isConnected);
  await run({ ...both, watch });
}

async function masterKilled() {
  await connected(async ({ master, watch }) => {
    await master.stop();
    await watch.until(watch.said(/no parent answers \(.*refused/i));
    await watch.rest();
    assertEquals(watch.restarts(), 0);
  });
}

async function masterHangs() {
  await connected(async ({ master, watch }) => {
    await master.signal("SIGSTOP");
    await watch.until(watch.said(/no parent answers \(no answer to the TLS handshake/));
    assertEquals(watch.restarts(), 0);
  });
}

async function workerHangs() {
  await connected(async ({ agent, watch }) => {
    const sources = procSources(agent.folder);
    const [link] = await sources.connections((await sources.tree())!);
    Deno.kill(link!.pid, "SIGSTOP");
    await watch.until(() => watch.restarts() === 1);
    await watch.until(watch.said(/is ok again: connected to 127\.0\.0\.1/));
    assertEquals(watch.restarts(), 1);
  });
}

async function connectionCut() {
  let isCut = false, agentNode: Node | undefined;
  const open = new Set<Deno.Conn>();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const end = (conn: Deno.Conn) => {
    open.delete(conn);
    try {
      conn.close();
    } catch {
      // The other side has closed it.
    }
  };
  /** Whether it is the agent that connects, and not the probe. */
  const isAgent = async (conn: Deno.Conn) => {
    const sources = procSources(agentNode!.folder);
    const tree = await sources.tree();
    const ports = tree ? (await sources.connections(tree)).map(({ local }) => local.port) : [];
    return ports.includes((conn.remoteAddr as Deno.NetAddr).port);
  };
  const proxy = async (port: number) => {
    for await (const conn of listener) {
      open.add(conn);
      void (async () => {
        if (isCut && await isAgent(conn)) return end(conn);
        const to = await Deno.connect({ hostname: "127.0.0.1", port });
        open.add(to);
        const pipes = [conn.readable.pipeTo(to.writable), to.readable.pipeTo(conn.writable)];
        await Promise.allSettled(pipes);
        for (const one of [conn, to]) end(one);
      })().catch(() => end(conn));
    }
  };
  await connected(
    async ({ watch }) => {
      isCut = true;
      for (const conn of open) end(conn);
      await watch.until(watch.said(/its port answers and its certificate is good; the service is/));
      await watch.until(() => watch.restarts() === 1);
      await watch.until(watch.said(/its port answers .*; a restart did not help/));
      await watch.rest();
      assertEquals(watch.restarts(), 1);
    },
    async ({ agent, masterPort }) => {
      agentNode = agent;
      const { port } = listener.addr as Deno.NetAddr;
      const config = await Deno.readTextFile(agent.config);
      await Deno.writeTextFile(agent.config, config.replace(`"${masterPort}"`, `"${port}"`));
      void proxy(masterPort).catch(() => {});
    },
  );
  for (const conn of open) end(conn);
}

/** An agent that is never connected: told why, and not restarted. */
async function refused(prepare: (root: string) => Promise<string[]>, said: RegExp) {
  await using both = await nodes();
  const { root, master, agent } = both;
  for (const file of await prepare(root)) {
    const to = file === "other.crt" ? "ca.crt" : file;
    await Deno.copyFile(join(root, file), join(agent.folder.data, "certs", to));
  }
  await master.start();
  await agent.start();
  await using watch = watching(agent);
  await watch.until(watch.said(said));
  await watch.rest();
  assertEquals(watch.restarts(), 0);
}

async function otherCa() {
  await refused(async (root) => {
    await makeCa(root, "other");
    await makeCertificate(root, "agent", { ca: "other" });
    return ["agent.crt", "agent.key", "other.crt"];
  }, /not signed by the CA of the other: "/);
}

async function expired() {
  await refused(async (root) => {
    await makeCertificate(root, "agent", { ca: "ca", days: -1 });
    return ["agent.crt", "agent.key"];
  }, /the own certificate expired .*have .*agent\.crt renewed/);
}

Deno.test({
  name:
    "two real nodes: what a restart cures is restarted once, all else is told (needs icinga2, takes 2 min)",
  ignore: !hasIcinga,
  async fn() {
    const cases = { masterKilled, masterHangs, workerHangs, connectionCut, otherCa, expired };
    const failed: unknown[] = [];
    await Promise.all(
      Object.entries(cases).map(([name, run]) =>
        run().catch((error) => failed.push(new Error(name, { cause: error })))
      ),
    );
    assertEquals(failed, []);
  },
});
