import type { DaemonContext } from "../../lib/daemon/author.ts";
import type { Bench } from "./bench.ts";
import { TICK } from "./ticks.ts";

/** The configuration of a daemon. */
export type Entry = Record<string, unknown>;

/** One thing that goes wrong, and what must hold then. */
export interface Fault {
  /** What is done, in a few words. */
  what: string;
  /** What must hold, in one sentence. */
  holds: string;
  /**
   * What the faulty daemon does, 200 ms into its first run; in its later runs it behaves. Its text is the
   * daemon's: it sees nothing of its file here.
   */
  act?: (context: DaemonContext) => unknown;
  /** More of the faulty daemon's definition, as text: `onTerminate(context, t) { ... },`. */
  definition?: string;
  /** The whole text of the faulty daemon's module, where it is not even one. */
  module?: string;
  /** The faulty daemon's entry in the configuration, beside its module. */
  entry?: Entry;
  /** More daemons by name, each the text of a part of its definition: `run(context) { ... },`. */
  daemons?: Record<string, string>;
  /** Thread pools of the configuration. */
  pools?: Record<string, { max: number }>;
  /** The name of home; a folder with a space and an umlaut unless told. */
  home?: string;
  /** What is done to home before the agent is started. */
  prepare?: (home: string) => Promise<void>;
  /** Variables of the agent's environment. */
  env?: (home: string) => Record<string, string>;
  /** All that standard error must show; nothing unless told. */
  stderr?: RegExp;
  /** What must be logged, in any order. */
  logged?: RegExp[];
  /** What must be logged once the agent was told to stop. */
  atStop?: RegExp[];
  /** What must not be logged. */
  notLogged?: RegExp[];
  /** Whether the faulty daemon is running again at the end; true unless told. */
  recovers?: boolean;
  /** What else is done and must hold while the agent runs. */
  also?: (bench: Bench) => Promise<void>;
  /** Whether the healthy daemons must miss ticks, since the whole agent was held; else they must miss none. */
  misses?: boolean;
  /** Why it cannot be tried here; undefined when it can. */
  missing?: () => string | undefined;
  /** Whether it is tried under Windows, too. */
  windows?: boolean;
  /** The agent itself is at fault: all that is done, instead of the above. */
  agent?: (bench: Bench) => Promise<void>;
}

/** Declares a fault. */
export function fault(fault: Fault): Fault {
  return fault;
}

/** The faulty daemon's module. */
export function faultyModule({ act, definition = "", module }: Fault): string {
  if (module !== undefined) return module;
  return `
const act = ${functionText(act)};
export default {
  name: "faulty",
  description: "misbehaves in its first run",
  ${definition}
  async run(context) {
    const runs = context.state.map("Runs");
    const nth = (runs.get("count") ?? 0) + 1;
    runs.set("count", nth);
    context.log.info("up " + nth);
    if (nth > 1) return await context.every(50, () => {});
    await context.sleep(200);
    context.log.info("now");
    await act(context);
  },
};
`;
}

/** A method's text is no expression by itself. */
function functionText(act: Fault["act"] = () => {}): string {
  const text = String(act);
  return /^(async )?act\b/.test(text) ? `({ ${text} }).act` : text;
}

/**
 * A daemon that behaves: it ticks, and says when it is stopped how often it did and when each tick was due that it
 * left out, ms since the Unix epoch, whatever the wall clock has done meanwhile.
 */
export const HEALTHY_MODULE = `
export default {
  name: "healthy_one",
  description: "ticks",
  async run(context) {
    const interval = ${TICK};
    const epoch = Date.now() - context.now();
    const missed = [];
    let first, ticks = 0, last = -1;
    await context.every(interval, () => {
      first ??= context.now();
      // A timer may be a little early.
      const nth = Math.floor((context.now() - first + 10) / interval);
      while (++last < nth) missed.push(Math.round(epoch + first + last * interval));
      if (++ticks === 2) context.log.info("ticking");
    });
    context.log.info("ticks=" + ticks + " missed=" + JSON.stringify(missed));
  },
};
`;
