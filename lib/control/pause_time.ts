import { parseDuration } from "../base/mod.ts";

/** How long an agent may be paused, ms: by accident is too short, and timers go up to 24 days. */
const LEAST = 1_000;
const MOST = 7 * 24 * 3_600_000;

/** What is asked for where {@linkcode parsePauseTime} finds none. */
export const PAUSE_TIMES = "30s, 10m or 2h, from 1s to 7d";

/** The duration of a pause, ms; undefined when the text is none or out of range. */
export function parsePauseTime(text: string): number | undefined {
  const time = parseDuration(text);
  return time === undefined || time < LEAST || time > MOST ? undefined : time;
}
