import type { VerdictLevel, VerdictNumber } from "icinga-warden/daemon";

/** The verdict of a Monitoring Plugin. */
export interface PluginVerdict {
  level: VerdictLevel;
  /** Its first line, without performance data. */
  text: string;
  numbers: Record<string, VerdictNumber>;
}

const LEVELS: readonly VerdictLevel[] = ["ok", "warning", "critical", "unknown"];

/** Units of performance data: the unit of a verdict for each, and the factor to convert to it. */
const UNITS: ReadonlyMap<string, [unit: VerdictNumber["unit"], factor: number]> = new Map(
  Object.entries({
    s: ["s", 1],
    ms: ["s", 1e-3],
    us: ["s", 1e-6],
    ns: ["s", 1e-9],
    b: ["B", 1],
    kb: ["B", 1e3],
    mb: ["B", 1e6],
    gb: ["B", 1e9],
    tb: ["B", 1e12],
    kib: ["B", 2 ** 10],
    mib: ["B", 2 ** 20],
    gib: ["B", 2 ** 30],
    tib: ["B", 2 ** 40],
    "%": ["%", 1],
    c: ["c", 1],
    // Degrees Celsius, of which a verdict knows nothing; a counter has a small letter.
    C: [undefined, 1],
  }),
);

/** `'label'=value;warning;critical;min;max`, as the Monitoring Plugins guidelines write it. */
const DATUM = /(?:'((?:[^']|'')+)'|([^\s='|]+))=([^\s;|]+)((?:;[^;\s]*){0,4})(?=\s|;|$)/g;
const NUMBER = String.raw`(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?`;
const VALUE = RegExp(`^([+-]?${NUMBER})([a-z%]*)$`, "i");
const BOUND = RegExp(`^[+-]?${NUMBER}$`, "i");
const RANGE = RegExp(`^@?(?:(?:~|-?${NUMBER})?:)?(?:-?${NUMBER})?$`, "i");

/** The largest number of values of one plugin; further ones are left out. */
const MOST_NUMBERS = 50;

/**
 * The text without the level that the verdict shows anyway, empty where it is nothing else. Another level stays, and so
 * does `Unknown host`.
 */
function withoutLevel(text: string, level: VerdictLevel): string {
  if (text.toLowerCase() === level) return "";
  const found = /^([a-z]+)(?:\s*:|\s+-+(?=\s))\s*(?=\S)/i.exec(text) ?? /^([A-Z]+)\s+/.exec(text);
  return found?.[1]?.toLowerCase() === level
    ? withoutLevel(text.slice(found[0].length), level)
    : text;
}

/** Reads the output of a Monitoring Plugin: the exit code is the level, the text after a bar is performance data. */
export function readPlugin(code: number, output: string): PluginVerdict {
  const [first = "", ...more] = output.trim().split(/\r?\n/);
  const [text = "", ...data] = first.split("|");
  const rest = more.join("\n").split("|").slice(1);
  const found = [...[...data, ...rest].join(" ").matchAll(DATUM)].flatMap(readDatum);
  const level = LEVELS[code] ?? "unknown";
  return {
    level,
    text: withoutLevel(text.trim(), level) ||
      `exit code ${code}${text.trim() === "" ? ", and no output" : ""}`,
    numbers: Object.fromEntries(found.slice(0, MOST_NUMBERS)),
  };
}

/** The name and value of a datum; none when its value is no number with a unit that is known or absent. */
function readDatum(
  [, quoted, plain, written = "", rest = ""]: string[],
): [string, VerdictNumber][] {
  const name = (quoted?.replaceAll("''", "'") ?? plain ?? "").replaceAll(/[^\w.:\\/ -]/g, "_");
  const [, digits, unit = ""] = VALUE.exec(written) ?? [];
  const [known, factor] = unit === ""
    ? [undefined, 1]
    : UNITS.get(unit) ?? UNITS.get(unit.toLowerCase()) ?? [];
  if (digits === undefined || factor === undefined) return [];
  const number = (text: string) => Number(text.replace(",", ".")) * factor;
  if (!Number.isFinite(number(digits))) return [];
  const range = (text = "") => {
    if (!RANGE.test(text)) return "";
    const converted = text.replaceAll(RegExp(NUMBER, "gi"), (x) => `${number(x)}`);
    // A verdict takes no range with an exponent, such as `1e-8`.
    return /^@?[~\d.:+-]{1,40}$/.test(converted) ? converted : "";
  };
  const [, warning, critical, min, max] = rest.split(";");
  const bound = (text = "") =>
    BOUND.test(text) && Number.isFinite(number(text)) ? number(text) : undefined;
  const parts = {
    unit: known,
    warning: range(warning) || undefined,
    critical: range(critical) || undefined,
    min: bound(min),
    max: bound(max),
  };
  const present = Object.entries(parts).filter(([, part]) => part !== undefined);
  return [[name.slice(0, 64), { value: number(digits), ...Object.fromEntries(present) }]];
}
