import * as v from "valibot";
import { type ArgumentSpecs, readArguments } from "./arguments.ts";
import { isObject } from "./object.ts";
import type { Problem } from "./problem.ts";
import { type Config, ConfigSchema, DaemonName } from "./schema.ts";
import { type Shape, shapeProblems } from "./shape.ts";

/** The arguments that each built-in daemon takes, by the daemon's name. */
export type BuiltinArguments = ReadonlyMap<string, ArgumentSpecs>;

/**
 * Checks a configuration as it was written and completes it with the defaults. The arguments of built-in
 * daemons are checked too; those of a module are checked by who loads it, and so is whether there is one.
 *
 * @returns the configuration, or every problem.
 */
export function checkConfig(
  written: unknown,
  builtin: BuiltinArguments,
): Config | Problem[] {
  const shape = shapeProblems(ConfigSchema as Shape, written);
  const { success, output, issues } = v.safeParse(ConfigSchema, written, { abortPipeEarly: true });
  const misshapen = new Set(shape.map(({ path }) => JSON.stringify(path)));
  const values = (issues ?? []).map(fromIssue).filter(({ path }) => !liesIn(misshapen, path));
  const problems = [...shape, ...values, ...daemonProblems(written, builtin)];
  return success && problems.length === 0 ? output : problems;
}

/** Valibot looks into what has the wrong shape, and would find more there. */
function liesIn(misshapen: ReadonlySet<string>, path: readonly string[]): boolean {
  return Array.from({ length: path.length + 1 }, (_, end) => path.slice(0, end))
    .some((start) => misshapen.has(JSON.stringify(start)));
}

function fromIssue(issue: v.BaseIssue<unknown>): Problem {
  const last = issue.path?.at(-1);
  const fault = last?.origin === "key" ? { fault: "unusable name" } : {};
  const path = (issue.path ?? []).map(({ key }) => String(key));
  return { path, value: last ? last.value : issue.input, ...fault, expected: issue.message };
}

function daemonProblems(written: unknown, builtin: BuiltinArguments): Problem[] {
  const daemons = isObject(written) && isObject(written.daemons) ? written.daemons : {};
  return Object.entries(daemons).flatMap(([name, daemon]) => {
    if (!isObject(daemon)) return [];
    const { module } = daemon;
    if (module !== undefined && !v.is(DaemonName, module)) return [];
    const specs = builtin.get(module ?? name);
    if (!specs && module !== undefined) return [unknownModule(name, module, builtin)];
    if (!specs) return [];
    const given = daemon.arguments;
    return given === undefined || isObject(given) ? argumentProblems(name, given, specs) : [];
  });
}

function unknownModule(name: string, module: string, builtin: BuiltinArguments): Problem {
  const known = [...builtin.keys()].join(", ");
  return {
    path: ["daemons", name, "module"],
    value: module,
    expected: `expected a path that ends in .ts, .js or .mjs, or a built-in daemon: ${known}`,
  };
}

function argumentProblems(name: string, given: unknown, specs: ArgumentSpecs): Problem[] {
  return readArguments(specs, given).problems.map((problem) => (
    { ...problem, path: ["daemons", name, "arguments", ...problem.path] }
  ));
}
