/** How many milliseconds each unit of a duration has. */
const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How many bytes each unit of a size has: 1024-based, as Windows counts. */
const SIZE_UNITS = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** The form of a duration: a whole number and its unit (`500ms`, `5s`, `2m`, `1h`, `1d`). */
export const DURATION_PATTERN: RegExp = pattern(DURATION_UNITS);

/** The form of a size: a whole number and its unit (`64KB`, `10MB`, `1GB`). */
export const SIZE_PATTERN: RegExp = pattern(SIZE_UNITS);

/** The least and the greatest value that are allowed, both included; either may be left open. */
export interface Bounds {
  min?: number | undefined;
  max?: number | undefined;
}

/**
 * Reads a duration such as `5s`.
 *
 * @returns milliseconds, or undefined when `text` is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATION_UNITS);
}

/** Writes whole milliseconds in the largest unit that holds them exactly: 90000 is `90s`. */
export function formatDuration(ms: number): string {
  return format(ms, DURATION_UNITS);
}

/**
 * Reads a size such as `10MB`; 1KB is 1024 bytes.
 *
 * @returns bytes, or undefined when `text` is not a size.
 */
export function parseSize(text: string): number | undefined {
  return parse(text, SIZE_UNITS);
}

/** Writes whole bytes in the largest unit that holds them exactly: 10485760 is `10MB`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_UNITS);
}

/** True when `value` lies within `bounds`. */
export function isWithin(value: number, { min = -Infinity, max = Infinity }: Bounds): boolean {
  return value >= min && value <= max;
}

/** The clause of an error message about a duration within `bounds` (ms). */
export function expectedDuration(bounds: Bounds): string {
  return `expected a duration such as 500ms, 5s, 2m or 1h${describeRange(bounds, formatDuration)}`;
}

/** The clause of an error message about a size within `bounds` (bytes). */
export function expectedSize(bounds: Bounds): string {
  return `expected a size such as 64KB, 10MB or 1GB${describeRange(bounds, formatSize)}`;
}

/** The clause of an error message about a number within `bounds`. */
export function expectedNumber(bounds: Bounds, integer = false): string {
  return `expected a ${integer ? "whole " : ""}number${describeRange(bounds)}`;
}

/**
 * Describes bounds after a comma, such as `, from 1 to 5`; empty without bounds.
 *
 * @param format writes a bound. Default: `String`.
 */
export function describeRange<T>(
  { min, max }: { min?: T; max?: T },
  format: (value: T) => string = String,
): string {
  if (min !== undefined && max !== undefined) return `, from ${format(min)} to ${format(max)}`;
  if (min !== undefined) return `, at least ${format(min)}`;
  return max === undefined ? "" : `, at most ${format(max)}`;
}

type Units = Readonly<Record<string, number>>;

function pattern(units: Units): RegExp {
  return new RegExp(`^\\d+(?:${Object.keys(units).join("|")})$`);
}

function parse(text: string, units: Units): number | undefined {
  const [, digits, unit = ""] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor === undefined) return undefined;
  const value = Number(digits) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

function format(value: number, units: Units): string {
  const fits = Object.entries(units).filter(([, size]) => value >= size && value % size === 0);
  const [unit, size] = fits.at(-1) ?? Object.entries(units)[0]!;
  return `${value / size}${unit}`;
}

const SPANS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]] as const;

/** Seconds for people, in the two largest units: `3 h 12 min`. */
export function formatSpan(seconds: number): string {
  const first = SPANS.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [size, unit] = SPANS[first]!;
  const [smaller, smallerUnit] = SPANS[first + 1] ?? [];
  const rest = smaller === undefined ? 0 : Math.floor(seconds % size / smaller);
  const whole = `${Math.floor(seconds / size)} ${unit}`;
  return rest > 0 ? `${whole} ${rest} ${smallerUnit}` : whole;
}

/** Bytes for people: `4.1 MB`; 1 MB is 1024 KB, as Windows counts. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

/** A time for people, in this host's time zone, with that zone: `2026-11-24 07:12:03 +01:00`. @param iso ISO 8601; other text is returned. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString();
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  const zone = `${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset < 0 ? "-" : "+"}${zone}`;
}
