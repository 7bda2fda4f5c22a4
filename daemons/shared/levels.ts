import type { VerdictLevel } from "icinga-warden/daemon";

const WORST: readonly VerdictLevel[] = ["critical", "unknown", "warning"];

/** The worst of some levels; `ok` where there are none. */
export function worstLevel(levels: readonly VerdictLevel[]): VerdictLevel {
  return WORST.find((level) => levels.includes(level)) ?? "ok";
}

/** The level of a value that is bad when it is low. */
export function levelBelow(value: number, warning: number, critical: number): VerdictLevel {
  return value < critical ? "critical" : value < warning ? "warning" : "ok";
}
