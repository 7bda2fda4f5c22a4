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
const UNITS: Readonly<Record<string, [unit: VerdictNumber["unit"], factor: number]>> = {
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
};

/** `'label'=value[unit];warning;critical;min;max`, as the Monitoring Plugins guidelines write it. */
const DATUM =
  /(?:'((?:[^']|'')+)'|([^\s='|]+))=(-?\d+(?:[.,]\d+)?)([a-zA-Z%]*)((?:;[^;\s]*){0,4})/g;

/** The largest number of values of one plugin; further ones are left out. */
const MOST_NUMBERS = 50;

/** Reads the output of a Monitoring Plugin: the exit code is the level, the text after a bar is performance data. */
export function readPlugin(code: number, output: string): PluginVerdict {
  const [first = "", ...more] = output.trim().split(/\r?\n/);
  const [text = "", ...data] = first.split("|");
  const rest = more.join("\n").split("|").slice(1);
  const found = [...[...data, ...rest].join(" ").matchAll(DATUM)].slice(0, MOST_NUMBERS);
  return {
    level: LEVELS[code] ?? "unknown",
    text: text.trim() || `exit code ${code}, and no output`,
    numbers: Object.fromEntries(found.map(readDatum)),
  };
}

function readDatum([, quoted, plain, value = "", unit = "", rest = ""]: string[]): [
  string,
  VerdictNumber,
] {
  const name = (quoted?.replaceAll("''", "'") ?? plain ?? "").replaceAll(/[^\w.:\\/ -]/g, "_");
  const [known, factor] = UNITS[unit.toLowerCase()] ?? ["", 1];
  const number = (text: string) => Number(text.replace(",", ".")) * factor;
  const range = (text = "") =>
    /^@?[~\d.:+-]{1,20}$/.test(text)
      ? text.replaceAll(/\d+(?:\.\d+)?/g, (x) => `${number(x)}`)
      : "";
  const [, warning, critical, min, max] = rest.split(";");
  const bound = (text = "") => /^-?\d+(?:[.,]\d+)?$/.test(text) ? number(text) : undefined;
  const parts = {
    unit: known || undefined,
    warning: range(warning) || undefined,
    critical: range(critical) || undefined,
    min: bound(min),
    max: bound(max),
  };
  const present = Object.entries(parts).filter(([, part]) => part !== undefined);
  return [name.slice(0, 64), { value: number(value), ...Object.fromEntries(present) }];
}
