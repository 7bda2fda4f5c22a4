import type { VerdictLevel } from "icinga-warden/daemon";

const WORST: readonly VerdictLevel[] = ["critical", "unknown", "warning"];

/** What was seen of one of several things, such as a disk or a host. */
export interface Look {
  level: VerdictLevel;
  text: string;
}

/** The verdict on several things: the worst level, `ok` where there are none, and what is bad, or else all texts. */
export function summarize(looks: readonly Look[]): Look {
  const level = WORST.find((level) => looks.some((look) => look.level === level)) ?? "ok";
  const shown = looks.filter((look) => level === "ok" || look.level !== "ok");
  return { level, text: shown.map(({ text }) => text).join(", ") };
}

/** The level of a value that is bad when it is low. */
export function levelBelow(value: number, warning: number, critical: number): VerdictLevel {
  return value < critical ? "critical" : value < warning ? "warning" : "ok";
}

/**
 * What would be right instead of the limit `critical` of a value that is bad when it is low, as a clause; undefined when
 * it is right. The other order is harmless: `warning` never comes.
 *
 * @param shown the limit `warning` as the configuration writes it.
 */
export function checkLimits(
  warning: number,
  critical: number,
  shown: string,
): { warning: string } | undefined {
  if (critical <= warning) return undefined;
  return { warning: `expected at most ${shown}, which warning has` };
}
