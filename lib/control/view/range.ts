/** A threshold of the Monitoring Plugins guidelines. */
export interface Range {
  /** The least value of the range; -Infinity for none. */
  start: number;
  /** The greatest; Infinity for none. */
  end: number;
  /** Whether values inside alert, instead of those outside. */
  inside: boolean;
}

const RANGE = /^(@?)(?:(~|-?(?:\d+\.?|\d*\.\d+))?(:))?(-?(?:\d+\.?|\d*\.\d+))?$/;

/**
 * Reads a threshold as the Monitoring Plugins guidelines write it: `10` (alert outside 0 to 10), `10:` (below 10),
 * `~:10` (above 10), `10:20` (outside), `@10:20` (inside, ends included).
 *
 * @returns undefined when `text` is none.
 */
export function parseRange(text: string): Range | undefined {
  const match = RANGE.exec(text);
  if (!match || (match[2] === undefined && match[4] === undefined)) return undefined;
  const [, at, from, , to] = match;
  const start = from === "~" ? -Infinity : Number(from ?? 0);
  const end = to === undefined ? Infinity : Number(to);
  return start <= end ? { start, end, inside: at === "@" } : undefined;
}

/** Writes a threshold in the guidelines' form. */
export function formatRange({ start, end, inside }: Range): string {
  const from = start === -Infinity ? "~:" : start === 0 && end !== Infinity ? "" : `${start}:`;
  return `${inside ? "@" : ""}${from}${end === Infinity ? "" : end}`;
}

/** Whether a value raises no alert. */
export function isInRange(value: number, { start, end, inside }: Range): boolean {
  return (value >= start && value <= end) !== inside;
}
