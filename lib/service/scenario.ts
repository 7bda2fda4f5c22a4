import { excerpt, parseDuration } from "../base/mod.ts";
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

/** The words of a scenario's text, each with an example, its meaning, and how it is read. */
const words: Readonly<Record<string, readonly [example: string, meaning: string, read: Read]>> = {
  crash: [
    "crash=4s",
    "it crashes that long after each time it came to run",
    duration((crashEvery) => ({ crashEvery })),
  ],
  refuse: [
    "refuse=1",
    "it refuses this number of starts before each that it accepts",
    (value) => /^\d{1,9}$/.test(value) ? { refuseStarts: +value } : undefined,
  ],
  slow: [
    "slow=2s",
    "it takes this time to start and to stop",
    duration((ms) => ({ startTakes: ms, stopTakes: ms })),
  ],
  hang: ["hang", "it hangs when it is stopped", flag({ hangOnStop: true })],
  silent: ["silent", "a query of it gets no answer", flag({ hangOnQuery: true })],
  denied: ["denied", "it may not be started or stopped", flag({ accessDenied: true })],
  disabled: ["disabled", "its start type is disabled", flag({ disabled: true })],
  absent: ["absent", "it is not installed", flag({ absent: true })],
  state: ["state=PAUSED", "it begins in that state", (value) => {
    const state = serviceStates.find((name) => name === value.toUpperCase());
    return state && { state };
  }],
};

/** The words of a scenario's text: an example and its meaning each. */
export const SCENARIO_WORDS: readonly (readonly [example: string, meaning: string])[] = Object
  .values(words).map(([example, meaning]) => [example, meaning]);

/**
 * Reads a scenario such as `crash=4s,refuse=1`: {@linkcode SCENARIO_WORDS} with commas between them. No words, a healthy
 * service.
 *
 * @throws {Error} a message that names the word and what would be right.
 */
export function parseScenario(text: string): Scenario {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  return Object.assign({}, ...parts.map(readWord));
}

function readWord(part: string): Scenario {
  const [name = "", ...rest] = part.split("=");
  const [example, , read] = Object.hasOwn(words, name) ? words[name]! : [];
  const scenario = read?.(rest.join("="));
  if (scenario) return scenario;
  const known = Object.values(words).map(([example]) => example).join(", ");
  const expected = example === undefined ? `one or more of ${known}` : `it like ${example}`;
  throw new Error(`Invalid scenario '${excerpt(part)}': expected ${expected}`);
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
