/** An agent that runs one daemon of an author's, in a thread with the permissions that its entry grants. */
import { Agent } from "../../lib/agent/agent.ts";
import {
  type Config,
  type DaemonConfig,
  defaultConfig,
  defaultDaemonConfig,
} from "../../lib/config/mod.ts";
import { AGENT_MAPS, type ThreadInfo } from "../../lib/daemon/agent_state.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { Registry } from "../../lib/registry/registry.ts";

/** A daemon that runs. */
export interface Running {
  agent: Agent;
  home: string;
  /** What was logged. */
  records: LogEntry[];
  /** Changes its entry of the configuration. */
  apply: (entry: Partial<DaemonConfig>) => Promise<void>;
  /** A value of its maps, once it is set. */
  value: (map: string, key: string) => Promise<unknown>;
  /** What is known of its thread. */
  info: () => ThreadInfo | undefined;
}

/**
 * Runs a daemon under the name `own`.
 *
 * @param body its definition without a name, as text: `run: (context) => …`.
 */
export async function withDaemon(
  body: string,
  entry: Partial<DaemonConfig>,
  test: (running: Running) => Promise<void>,
  prepare: (home: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "author ä " });
  await prepare(home);
  await Deno.writeTextFile(`${home}/own.js`, `export default { name: "own", ${body} };`);
  const registry = new Registry(home);
  const register = async (entry: Partial<DaemonConfig>) => {
    const own = { ...defaultDaemonConfig(), module: "own.js", ...entry };
    const config: Config = { ...defaultConfig(), daemons: { own } };
    return { config, daemons: await registry.resolve({ config, describe: String }) };
  };
  const records: LogEntry[] = [];
  const agent = new Agent({
    ...await register(entry),
    home,
    serviceManager: { kind: "simulated", scenario: {} },
    log: (record) => void records.push(record),
  });
  try {
    await test({
      agent,
      home,
      records,
      apply: async (entry) => {
        const { config, daemons } = await register(entry);
        await agent.apply(config, daemons);
      },
      value: (map, key) => untilSet(agent, map, key, records),
      info: () => [...agent.state.map<string, ThreadInfo>(AGENT_MAPS.threads).values()][0],
    });
  } finally {
    await agent.stop();
    await Deno.remove(home, { recursive: true });
  }
}

async function untilSet(
  agent: Agent,
  map: string,
  key: string,
  records: readonly LogEntry[],
): Promise<unknown> {
  const state = agent.state.map(`Daemons.own.${map}`);
  for (const end = Date.now() + 60_000; !state.has(key);) {
    if (Date.now() > end) throw new Error(`${map}.${key} is not set: ${JSON.stringify(records)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return state.get(key);
}
