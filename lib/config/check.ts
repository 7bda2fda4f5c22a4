import * as v from "valibot";
import { excerpt, isObject, type Problem, suggest } from "../base/mod.ts";
import { type ArgumentSpecs, PERMISSION_LISTS, PLACEHOLDER, readArguments } from "../daemon/mod.ts";
import { formatAddress } from "./control_schema.ts";
import { DaemonName } from "./daemon_schema.ts";
import { type Config, ConfigSchema } from "./schema.ts";

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
  const daemons = daemonsOf(written);
  const problems = [
    ...shape,
    ...values,
    ...daemons.flatMap(([name, daemon]) => moduleProblems(name, daemon, builtin)),
    ...daemons.flatMap(([name, daemon]) => placeholderProblems(name, daemon)),
    ...success ? portProblems(output) : [],
  ];
  return success && problems.length === 0 ? output : problems;
}

/** An agent cannot listen twice on one port: the second one would find it taken by the first. */
function portProblems({ control: { listen, metrics } }: Config): Problem[] {
  const other = metrics?.listen;
  const isSame = listen && other && listen.port !== 0 && listen.port === other.port &&
    /^(?:127\.0\.0\.1|0\.0\.0\.0|::|localhost)$/.test(other.hostname);
  if (!isSame) return [];
  const expected = "expected another port: control.listen has this one";
  return [{ path: ["control", "metrics", "listen"], value: formatAddress(other), expected }];
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

type Entry = Record<string, unknown>;

function daemonsOf(written: unknown): [name: string, daemon: Entry][] {
  const daemons = isObject(written) && isObject(written.daemons) ? written.daemons : {};
  return Object.entries(daemons).filter((entry): entry is [string, Entry] => isObject(entry[1]));
}

function moduleProblems(name: string, daemon: Entry, builtin: BuiltinArguments): Problem[] {
  const { module } = daemon;
  if (module !== undefined && !v.is(DaemonName, module)) return [];
  const specs = builtin.get(module ?? name);
  if (!specs && module !== undefined) return [unknownModule(name, module, builtin)];
  if (!specs) return [];
  const { arguments: given } = daemon;
  const found = given === undefined || isObject(given) ? readArguments(specs, given).problems : [];
  return found.map((problem) => (
    { ...problem, path: ["daemons", name, "arguments", ...problem.path] }
  ));
}

/**
 * In a module `{drive}` stands for an argument, here it would for itself, and grant nothing. Braces of an
 * argument's own value are no placeholder: a folder may be called so.
 */
function placeholderProblems(name: string, daemon: Entry): Problem[] {
  const { permissions, arguments: given = {} } = daemon;
  if (!isObject(permissions)) return [];
  const literal = new Set(placeholders(JSON.stringify(given)));
  return PERMISSION_LISTS.flatMap((kind) => {
    const items: unknown[] = Array.isArray(permissions[kind]) ? permissions[kind] : [];
    return items.flatMap((value, index) => {
      const found = typeof value === "string" ? placeholders(value) : [];
      const first = found.find((placeholder) => !literal.has(placeholder));
      if (first === undefined) return [];
      const path = ["daemons", name, "permissions", kind, String(index)];
      const expected = `expected the value itself for ${
        excerpt(first)
      }: only in a module do braces stand for one`;
      return [{ path, value, expected }];
    });
  });
}

function placeholders(text: string): readonly string[] {
  return text.match(PLACEHOLDER) ?? [];
}

function unknownModule(name: string, module: string, builtin: BuiltinArguments): Problem {
  const known = [...builtin.keys()].join(", ");
  return {
    path: ["daemons", name, "module"],
    value: module,
    expected: `expected a path that ends in .ts, .js or .mjs, or a built-in daemon: ${known}`,
  };
}

/**
 * What this file reads of a valibot schema: of an object its entries, of a record its value, of an
 * optional schema what it wraps.
 */
export interface Shape {
  type: string;
  entries?: Readonly<Record<string, Shape>>;
  value?: unknown;
  wrapped?: Shape;
}

/**
 * Finds everything in `value` that has not the shape of `schema`: keys that no object of it has, and
 * what stands in an object's place. Valibot's own `strictObject` names the first unknown key only and
 * takes an array for an object.
 */
export function shapeProblems(schema: Shape, value: unknown, path: string[] = []): Problem[] {
  if (schema.wrapped) return shapeProblems(schema.wrapped, value, path);
  if (schema.type !== "strict_object" && schema.type !== "record") return [];
  if (!isObject(value)) return [{ path, value, expected: "expected an object: { ... }" }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = [...path, key];
    const shape = schema.entries ? ownEntry(schema.entries, key) : schema.value as Shape;
    return shape ? shapeProblems(shape, inner, below) : [unknownKey(below, inner, schema.entries!)];
  });
}

function ownEntry(entries: Readonly<Record<string, Shape>>, key: string): Shape | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

function unknownKey(path: string[], value: unknown, entries: object): Problem {
  const expected = suggest(path.at(-1)!, Object.keys(entries));
  return { path, value, fault: "unknown key", expected };
}
