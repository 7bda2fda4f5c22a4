import { parseDuration } from "../base/mod.ts";
import { type ServiceState, serviceStates } from "./manager.ts";

/** How a simulated service behaves; without settings it is healthy. Plain data. */
export interface Scenario {
  /** Its first state. Default: `RUNNING`. */
  state?: ServiceState;
  /** It is not installed. */
  absent?: boolean;
  /** It crashes this many milliseconds after each time it came to run. */
  crashEvery?: number;
  /** It crashes at these milliseconds since the simulation was made, if it runs then. */
  crashAt?: number[];
  /** It refuses this many starts before each that it accepts. */
  refuseStarts?: number;
  /** Milliseconds that it is `START_PENDING` or `CONTINUE_PENDING`. Default: 0. */
  startTakes?: number;
  /** Milliseconds that it is `STOP_PENDING` or `PAUSE_PENDING`. Default: 0. */
  stopTakes?: number;
  /** Told to stop, it stays `STOP_PENDING`. */
  hangOnStop?: boolean;
  /** A query gets no answer and ends at its time limit. */
  hangOnQuery?: boolean;
  /** Nobody may start, stop or continue it. */
  accessDenied?: boolean;
  /** Its start type is disabled. */
  disabled?: boolean;
}

/**
 * A first look at the agent: the service crashes 8 s after it came to run and refuses one start, so that at
 * an interval of 5 s one sees a crash, a failed restart and a recovery within 20 s, and again.
 */
export const demoScenario: Scenario = { crashEvery: 8000, refuseStarts: 1 };

/** What a word sets; `undefined` if its value cannot be read. */
type Read = (value: string) => Scenario | undefined;

/** The words of a scenario's text, each with an example for error messages. */
const words: Readonly<Record<string, readonly [example: string, read: Read]>> = {
  crash: ["crash=4s", duration((crashEvery) => ({ crashEvery }))],
  refuse: ["refuse=1", (value) => /^\d{1,9}$/.test(value) ? { refuseStarts: +value } : undefined],
  slow: ["slow=2s", duration((ms) => ({ startTakes: ms, stopTakes: ms }))],
  hang: ["hang", flag({ hangOnStop: true })],
  silent: ["silent", flag({ hangOnQuery: true })],
  denied: ["denied", flag({ accessDenied: true })],
  disabled: ["disabled", flag({ disabled: true })],
  absent: ["absent", flag({ absent: true })],
  state: ["state=PAUSED", (value) => {
    const state = serviceStates.find((name) => name === value.toUpperCase());
    return state && { state };
  }],
};

/**
 * Reads a scenario such as `crash=4s,refuse=1`: words with commas between them. No words, a healthy service.
 *
 * - `crash=4s` crashes that long after it came to run, every time
 * - `refuse=1` refuses so many starts before each that it accepts
 * - `slow=2s` takes so long to start and to stop
 * - `hang` hangs when it is stopped, `silent` when it is queried
 * - `denied` may not be started or stopped, `disabled` not started, `absent` is not installed
 * - `state=PAUSED` begins in that state
 *
 * @throws {Error} a message that names the word and what would be right.
 */
export function parseScenario(text: string): Scenario {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  return Object.assign({}, ...parts.map(readWord));
}

function readWord(part: string): Scenario {
  const [name = "", ...rest] = part.split("=");
  const [example, read] = Object.hasOwn(words, name) ? words[name]! : [];
  const scenario = read?.(rest.join("="));
  if (scenario) return scenario;
  const known = Object.values(words).map(([example]) => example).join(", ");
  const expected = example === undefined ? `one or more of ${known}` : `it like ${example}`;
  throw new Error(`Invalid scenario '${part}': expected ${expected}`);
}

function duration(set: (ms: number) => Scenario): Read {
  return (value) => {
    const ms = parseDuration(value);
    return ms ? set(ms) : undefined;
  };
}

function flag(scenario: Scenario): Read {
  return (value) => value === "" ? scenario : undefined;
}
