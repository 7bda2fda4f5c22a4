import { isObject, type Problem } from "../base/mod.ts";
import { metricTypes, metricUnits, MOST_METRICS } from "./metrics.ts";
import { check, checkKeys, inEach, inObject, oneOf, type Rule, TEXT } from "./rules.ts";

/** The keys of a metric's declaration. */
export const METRIC_KEYS: readonly string[] = ["type", "help", "unit", "label"];

const METRIC_NAME: Rule = [
  "expected small letters, digits and _, a letter first, at most 64, without _total at its end",
  (name) => /^[a-z][a-z0-9_]{0,63}$/.test(String(name)) && !/_total$/.test(String(name)),
];

const LABEL: Rule = [
  "expected small letters, digits and _, a letter first, at most 64; daemon and le are taken",
  (name) => /^(?!(?:daemon|le)$)[a-z][a-z0-9_]{0,63}$/.test(String(name)),
];

const RULES = { unit: oneOf(metricUnits), label: LABEL };

/** What is wrong with the metrics that maps declare; their paths begin with `maps`. */
export function metricProblems(maps: unknown): Problem[] {
  if (!isObject(maps)) return [];
  const declared = Object.entries(maps).filter(([, map]) => isObject(map))
    .map(([name, map]) => [name, (map as Record<string, unknown>).metrics] as const);
  const count = declared.reduce((sum, [, metrics]) => sum + Object.keys(metrics ?? {}).length, 0);
  if (count > MOST_METRICS) {
    const fault = `the maps have ${count} metrics`;
    return [{ path: ["maps"], value: maps, fault, expected: `at most ${MOST_METRICS} in all` }];
  }
  return declared.flatMap(([map, metrics]) =>
    inEach(
      metrics,
      "metrics",
      METRIC_NAME,
      (metric, path) => inObject(metric, path, specProblems, "expected { type, help }"),
    ).map((problem) => ({ ...problem, path: ["maps", map, ...problem.path] }))
  );
}

function specProblems(spec: Record<string, unknown>): Problem[] {
  return [
    ...check(spec.type, ["type"], oneOf(metricTypes)),
    ...check(spec.help, ["help"], TEXT),
    ...checkKeys(spec, RULES),
  ];
}
