import {
  describeProblem,
  excerpt,
  isObject,
  type Problem,
  refuseReserved,
  suggest,
} from "../base/mod.ts";
import { type ArgumentSpecs, specProblems } from "./arguments.ts";
import type { DaemonDefinition } from "./define.ts";
import type { MapSpecs } from "./define.ts";
import {
  type DaemonPermissions,
  PERMISSION_KINDS,
  permissionProblems,
  PLACEHOLDER,
} from "./permissions.ts";

/** A daemon's definition as plain data: what can be posted, shown and written as JSON. */
export interface DaemonDescription {
  /** See {@linkcode DaemonDefinition}. */
  name: string;
  /** One sentence for people; the name where the module has none. */
  description: string;
  /** Its arguments without their checks, which are code. */
  arguments: ArgumentSpecs;
  /** See {@linkcode DaemonDefinition}. */
  permissions: DaemonPermissions;
  /** Its maps without their checks. */
  maps: MapSpecs;
  /** The names of its tasks. */
  tasks: readonly string[];
}

const EXPORT = "export default { name, description, run }";
const KEYS = words("name description arguments permissions maps run tasks onTerminate");

/** The keys of an argument and of a map that are plain data. */
const ARGUMENT_KEYS = words("type description default min max integer oneOf minItems");
const MAP_KEYS = words("description persistent open");

/** How many arguments, maps, tasks, or items of a list a module may declare. */
export const MAX_PARTS = 100;

/** The longest text in a declaration, characters. */
export const MAX_TEXT = 1_000;

/** Declarations are not nested deeper: `arguments.drive.default[0]`. */
const MAX_DEPTH = 5;

const DAEMON_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const EXPECTED_NAME = "expected small letters, digits and _, a letter first, at most 64";
const EXPECTED_MEMBER = "expected letters, digits and _, a letter first, at most 64";

/** Why a name is not allowed for a daemon, as a clause; undefined when it is allowed. */
export function refuseDaemonName(name: string): string | undefined {
  const reserved = refuseReserved(name);
  if (reserved !== undefined) return `it is ${reserved}; choose another one`;
  return DAEMON_NAME.test(name) ? undefined : EXPECTED_NAME;
}

/** The daemon's name in a file's name: `disk_watch` for `daemons/disk_watch.js`. */
export function nameOfFile(file: string): string {
  return file.replace(/^.*[\\/]/s, "").replace(/\.\w+$/, "");
}

/** Why a module's file name is not allowed, as a clause; undefined when it is allowed. */
export function refuseFileName(file: string): string | undefined {
  const name = nameOfFile(file);
  const expected = refuseDaemonName(name);
  if (expected === undefined) return undefined;
  const fault = `its file name is "${excerpt(name)}"`;
  return describeProblem({ path: [], value: name, fault, expected });
}

/**
 * What is wrong with a module's default export, as a clause; undefined when it is a daemon.
 *
 * @param file the module's path; undefined: the daemon's name is not compared with it.
 */
export function refuseDefinition(value: unknown, file: string | undefined): string | undefined {
  if (value === undefined) return `has no default export; expected ${EXPORT}`;
  if (!isObject(value)) return `its default export is ${kindOf(value)}; expected ${EXPORT}`;
  const [first] = definitionProblems(value, file);
  return first && describeProblem(first);
}

function definitionProblems(value: Record<string, unknown>, file: string | undefined): Problem[] {
  const large = KEYS.flatMap((key) => sizeProblems(value[key], [key]));
  if (large.length > 0) return large;
  return [
    ...nameProblems(value.name, file),
    ...checkKeys(value, [], { description: TEXT, onTerminate: FUNCTION }),
    ...check(value.run, ["run"], RUN),
    ...Object.keys(value).filter((key) => !KEYS.includes(key)).map((key) => (
      { path: [key], value: value[key], fault: "unknown key", expected: suggest(key, KEYS) }
    )),
    ...inObject(value.arguments, ["arguments"], argumentProblems),
    ...inObject(value.permissions, ["permissions"], permissionProblems),
    ...placeholderProblems(value.permissions, value.arguments),
    ...inObject(value.maps, ["maps"], mapProblems),
    ...inObject(value.tasks, ["tasks"], taskProblems),
  ];
}

/** A rule for a value. */
interface Rule {
  fits: (value: unknown) => boolean;
  /** What would be right, as a clause. */
  expected: string;
}

const isFunction = (value: unknown) => typeof value === "function";
const FUNCTION: Rule = { fits: isFunction, expected: "expected a function" };
const RUN: Rule = { fits: isFunction, expected: "add a function: run(context) { ... }" };
const TEXT: Rule = {
  fits: (value) => typeof value === "string",
  expected: "expected text in quotes",
};
const FLAG: Rule = {
  fits: (value) => typeof value === "boolean",
  expected: "expected true or false",
};
const NUMBER: Rule = {
  fits: (value) => typeof value === "number" && !Number.isNaN(value),
  expected: "expected a number",
};
const TEXTS: Rule = {
  fits: (value) => Array.isArray(value) && value.every(TEXT.fits),
  expected: "expected a list of texts",
};

function check(value: unknown, path: string[], { fits, expected }: Rule): Problem[] {
  return fits(value) ? [] : [{ path, value, expected }];
}

/** Checks the keys that are there. */
function checkKeys(
  object: Record<string, unknown>,
  path: string[],
  rules: Readonly<Record<string, Rule>>,
): Problem[] {
  const present = Object.entries(rules).filter(([key]) => object[key] !== undefined);
  return present.flatMap(([key, rule]) => check(object[key], [...path, key], rule));
}

/** Texts that are too long, and objects and lists with too many parts; it looks no further into those. */
function sizeProblems(value: unknown, path: string[]): Problem[] {
  if (typeof value === "string") {
    if (value.length <= MAX_TEXT) return [];
    return [{ path, value, expected: `expected at most ${MAX_TEXT} characters` }];
  }
  if (typeof value !== "object" || value === null) return [];
  if (path.length > MAX_DEPTH) return [{ path, value, expected: "expected plain data" }];
  const keys = Object.keys(value);
  if (keys.length > MAX_PARTS) {
    return [{ path, value, fault: `has ${keys.length} parts`, expected: `at most ${MAX_PARTS}` }];
  }
  return keys.flatMap((key) =>
    sizeProblems((value as Record<string, unknown>)[key], [...path, key])
  );
}

/** Checks what {@linkcode specProblems} does not look at, too. */
function argumentProblems(specs: Record<string, unknown>): Problem[] {
  const more = Object.entries(specs).flatMap(([name, spec]) => {
    if (!isObject(spec)) return [];
    return checkKeys(spec, [name], {
      ...(typeof spec.type === "object" && { type: TEXT }),
      ...(spec.type === "number" && { min: NUMBER, max: NUMBER }),
      minItems: NUMBER,
      integer: FLAG,
      oneOf: TEXTS,
    });
  });
  return [...more, ...specProblems(specs)];
}

/** A permission for an argument that does not exist would never be granted. */
function placeholderProblems(permissions: unknown, specs: unknown): Problem[] {
  if (!isObject(permissions)) return [];
  const known = ["home", ...Object.keys(isObject(specs) ? specs : {})];
  return Object.entries(permissions).flatMap(([kind, items]) => {
    const texts = Array.isArray(items) ? items.map(String) : [];
    const names = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!));
    return names.filter((name) => !known.includes(name)).map((name) => ({
      path: ["permissions", kind],
      value: name,
      fault: `there is no argument "${excerpt(name)}"`,
      expected: suggest(name, known),
    }));
  });
}

function taskProblems(tasks: Record<string, unknown>): Problem[] {
  return Object.entries(tasks).flatMap(([name, task]) => [
    ...memberNameProblems(name),
    ...check(task, [name], FUNCTION),
  ]);
}

function nameProblems(name: unknown, file: string | undefined): Problem[] {
  const path = ["name"];
  const expected = typeof name === "string" ? refuseDaemonName(name) : EXPECTED_NAME;
  const own = file === undefined ? undefined : nameOfFile(file);
  if (name === undefined && own !== undefined) {
    return [{ path, value: name, expected: `add the name of its file: name: "${own}"` }];
  }
  if (expected !== undefined) return [{ path, value: name, expected }];
  if (own === undefined || name === own) return [];
  return [{ path, value: name, expected: `expected "${own}", the name of its file` }];
}

function inObject(
  value: unknown,
  path: string[],
  problems: (object: Record<string, unknown>) => Problem[],
): Problem[] {
  if (value === undefined) return [];
  if (!isObject(value)) return [{ path, value, expected: "expected an object: { ... }" }];
  return problems(value).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

function mapProblems(maps: Record<string, unknown>): Problem[] {
  const rules = { description: TEXT, persistent: FLAG, open: FLAG, check: FUNCTION };
  return Object.entries(maps).flatMap(([name, spec]) => [
    ...memberNameProblems(name),
    ...inObject(spec ?? null, [name], (map) => checkKeys(map, [], rules)),
  ]);
}

function memberNameProblems(name: string): Problem[] {
  if (MEMBER_NAME.test(name)) return [];
  return [{ path: [name], value: name, fault: "unusable name", expected: EXPECTED_MEMBER }];
}

/** A checked definition as plain data. */
export function describeDefinition(definition: DaemonDefinition): DaemonDescription {
  const { name, description = name, arguments: specs = {}, maps = {}, tasks = {} } = definition;
  return {
    name,
    description,
    arguments: pickEach(specs, ARGUMENT_KEYS),
    permissions: pick(definition.permissions ?? {}, PERMISSION_KINDS),
    maps: pickEach(maps, MAP_KEYS),
    tasks: Object.keys(tasks),
  };
}

function pickEach<T extends object>(
  specs: Readonly<Record<string, T>>,
  keys: readonly string[],
): Record<string, T> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, pick(spec, keys)]));
}

/** The keys that say something: a bound of `Infinity` is none, and JSON cannot hold it. */
function pick<T extends object>(spec: T, keys: readonly string[]): T {
  const value = (key: string) => (spec as Record<string, unknown>)[key];
  const present = keys.filter((key) =>
    ![undefined, Infinity, -Infinity].includes(value(key) as number)
  );
  return Object.fromEntries(present.map((key) => [key, value(key)])) as T;
}

function words(text: string): string[] {
  return text.split(" ");
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : `a ${typeof value}`;
}
