/** A served agent for tests: its state is given, and what it is told is written down. */
import { assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../lib/base/mod.ts";
import { readToken } from "../../lib/control/access/token.ts";
import { Client } from "../../lib/control/client.ts";
import { type ControlParts, startControl, type StateChange } from "../../lib/control/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { agentMaps, stateOf } from "./state.ts";

/** An endpoint on a free port, with an agent that writes down what it is told. */
export interface Bench {
  home: string;
  base: string;
  token: string;
  client: Client;
  calls: unknown[];
  /** What was reported last of each kind of trouble. */
  troubles: Map<string, string | undefined>;
  logged: LogEntry[];
  log: (entry: LogEntry) => void;
  change: (change: StateChange) => void;
}

/** What an agent of a test differs in. */
interface Served {
  protect?: ControlParts["protect"];
  maps?: ReturnType<typeof agentMaps>;
  clock?: Clock;
  /** What the agent does instead of writing down what it is told. */
  agent?: Partial<ControlParts["agent"]>;
  /** Default: a new folder. */
  home?: string;
}

/** Serves an agent of these maps while `test` runs; its home is removed in the end. */
export async function withControl(
  test: (bench: Bench) => Promise<void>,
  config: Partial<ControlParts["config"]> = {},
  { protect = () => Promise.resolve(), maps = agentMaps(), clock = systemClock, ...more }: Served =
    {},
): Promise<void> {
  const home = more.home ?? await Deno.makeTempDir();
  const calls: unknown[] = [];
  const troubles: Bench["troubles"] = new Map();
  const logged: LogEntry[] = [];
  const listeners = new Set<(entry: LogEntry) => void>();
  const watchers = new Set<(change: StateChange) => void>();
  const log = (entry: LogEntry) => {
    logged.push(entry);
    for (const listener of listeners) listener(entry);
  };
  const close = await startControl({
    agent: {
      pause: (...args) => Promise.resolve(void calls.push(["pause", ...args])),
      resume: (...args) => Promise.resolve(void calls.push(["resume", ...args])),
      restartDaemon: (name) => {
        calls.push(["restart", name]);
        return name === "known" ? Promise.resolve() : Promise.reject(new Error("no such daemon"));
      },
      ...more.agent,
    },
    state: stateOf(maps),
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    log: {
      write: log,
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    home,
    config: { listen: { hostname: "127.0.0.1", port: 0 }, ...config },
    clock,
    protect,
    report: (kind, text) => troubles.set(kind, text),
  });
  try {
    const token = await readToken(home);
    await test({
      ...{
        home,
        calls,
        troubles,
        logged,
        log,
        client: token ? await Client.connect(home) : undefined!,
      },
      base: `http://127.0.0.1:${token?.port}`,
      token: token?.text ?? "",
      change: (change) => watchers.forEach((watcher) => watcher(change)),
    });
  } finally {
    await close();
    assertEquals(await readToken(home), undefined);
    assertEquals([listeners.size, watchers.size], [0, 0]);
    await Deno.remove(home, { recursive: true });
  }
}
