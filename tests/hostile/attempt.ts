import { assert, assertEquals } from "@std/assert";
import type { DaemonContext } from "../../lib/daemon/author.ts";
import type { Bench } from "../faults/bench.ts";

/** What a hostile daemon finds in its arguments: where there is something to steal. */
export interface Loot {
  /** Home, absolute. */
  home: string;
  /** A folder outside of home that holds `secret.json`, `secret.js` and `secret.txt`. */
  outside: string;
}

/**
 * Makes each attempt of a list: `GOT …` with what it returned as text, or the name and the message of what it threw,
 * 250 characters at most.
 */
export type TryAll = (
  tries: Record<string, () => unknown>,
) => Promise<Record<string, string>>;

/** One thing that a daemon without any permission tries, and what must hold then. */
export interface Attempt {
  /** The daemon's name. */
  name: string;
  /** What is tried, in a few words. */
  what: string;
  /** What must hold, in a few words. */
  holds: string;
  /**
   * What the daemon does in its first run; in later runs it behaves. Its text is the daemon's: it sees nothing of
   * its file here. What it returns is the outcome.
   */
  act?: (context: DaemonContext, loot: Loot, tryAll: TryAll) => unknown;
  /** More of the daemon's definition, as text: `tasks: { ... },`. */
  definition?: string;
  /** The whole text of the daemon's module, where there is no {@linkcode act}. */
  module?: string;
  /** The daemon's entry in the configuration, beside its module. */
  entry?: Record<string, unknown>;
  /** More daemons by name, each the text of a part of its definition: `run(context) { ... },`. */
  daemons?: Record<string, string>;
  /** How many threads the pool of an agent of its own holds. Default: 200. */
  pool?: number;
  /** What is done to home before the agent is started. */
  prepare?: (home: string) => Promise<void>;
  /** Why it still succeeds; it is then tried only where it is chosen by name, and docs/security.md says so. */
  open?: string;
  /** Whether it has an agent of its own. Default: it shares one with the others of its file. */
  alone?: boolean;
  /** Whether the daemon comes to no outcome, since it ends or holds its thread. */
  silent?: boolean;
  /** What must be in the agent's output before the agent is stopped. */
  logged?: RegExp[];
  /** What must not be in the agent's output. */
  notLogged?: RegExp[];
  /** The most that the agent's resident memory may grow to, bytes; of an agent of its own. */
  memory?: number;
  /** What else is done while the agent runs. */
  also?: (bench: Bench) => Promise<unknown>;
  /** What else must hold. */
  check?: (evidence: Evidence) => void;
}

/** What is known of an attempt at the end. */
export interface Evidence {
  /** What {@linkcode Attempt.act} returned, as JSON has it; of an error `{ thrown: "name: message" }`. */
  // deno-lint-ignore no-explicit-any
  outcome: any;
  /** What the attempt's `also` resolved with. */
  // deno-lint-ignore no-explicit-any
  also: any;
  /** Why it came to no end. */
  problem?: unknown;
  /** All that the agent printed. */
  output: string;
  /** What each view showed, by its command line or its path. */
  views: Record<string, string>;
}

/** Declares the attempts of a file. */
export function attempts(...attempts: Attempt[]): Attempt[] {
  return attempts;
}

/** The module of an attempt's daemon. */
export function hostileModule({ name, act, definition = "", module }: Attempt): string {
  if (module !== undefined) return module;
  return `
const act = ${functionText(act)};
async function tryAll(tries) {
  const make = async ([name, attempt]) => {
    try {
      const tried = Promise.resolve(attempt());
      const late = new Promise((_, reject) => setTimeout(reject, 3_000, new Error("no answer")));
      return [name, "GOT " + String(await Promise.race([tried, late])).slice(0, 250)];
    } catch (error) {
      return [name, (error?.name + ": " + error?.message).slice(0, 250)];
    }
  };
  return Object.fromEntries(await Promise.all(Object.entries(tries).map(make)));
}
async function outcomeOf(context) {
  try {
    return { value: await act(context, context.arguments, tryAll) };
  } catch (error) {
    return { value: { thrown: error?.name + ": " + error?.message } };
  }
}
export default {
  name: "${name}",
  description: "is hostile",
  arguments: {
    home: { type: "string", description: "home" },
    outside: { type: "string", description: "a folder with secrets" },
  },
  ${definition}
  async run(context) {
    const { stringify } = JSON;
    const runs = context.state.map("Runs");
    const nth = (runs.get("count") ?? 0) + 1;
    runs.set("count", nth);
    if (nth > 1) return await context.every(1_000, () => {});
    await context.sleep(500);
    const text = stringify(await outcomeOf(context));
    context.log.info("outcome " + text);
    await context.every(1_000, () => {});
  },
};
`;
}

/** A method's text is no expression by itself. */
function functionText(act: Attempt["act"] = () => {}): string {
  const text = String(act);
  return /^(async )?act\b/.test(text) ? `({ ${text} }).act` : text;
}

/** Holds that none of the attempts of {@linkcode TryAll} got anything. */
export function assertNothingGot(outcome: Record<string, string>): void {
  const got = Object.entries(outcome).filter(([, result]) => result.startsWith("GOT"));
  assertEquals(Object.fromEntries(got), {});
  assert(Object.keys(outcome).length > 0);
}

/** Control characters (beyond the end of a line), separators of lines, and marks that change the direction of text. */
export const ODD_CHARACTERS: RegExp = new RegExp(
  String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]`,
);
