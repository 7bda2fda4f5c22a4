import { type ArgumentSpecs, specProblems } from "../config/arguments.ts";
import { isObject, suggest } from "../base/mod.ts";
import { permissionProblems, PLACEHOLDER } from "../config/permissions.ts";
import type { DaemonPermissions } from "../config/permissions.ts";
import { refuseReserved } from "../config/reserved.ts";
import { describeProblem, excerpt, type Problem } from "../config/problem.ts";
import type { DaemonDefinition } from "./define.ts";
import type { MapSpecs } from "./map_spec.ts";

/** A daemon's definition as plain data: what can be posted, shown and written as JSON. */
export interface DaemonDescription {
  /** See {@linkcode DaemonDefinition}. */
  name: string;
  /** See {@linkcode DaemonDefinition}. */
  description: string;
  /** Its arguments, their checks left out: those are code. */
  arguments: ArgumentSpecs;
  /** See {@linkcode DaemonDefinition}. */
  permissions: DaemonPermissions;
  /** Its maps, their checks left out. */
  maps: MapSpecs;
  /** The names of its tasks. */
  tasks: readonly string[];
}

const EXPORT = "export default { name, description, run }";
const KEYS = [
  ...["name", "description", "arguments", "permissions", "maps"],
  ...["run", "tasks", "onTerminate"],
];

/** What a daemon, an argument, a map may be called in a module. */
const DAEMON_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const EXPECTED_NAME = "expected small letters, digits and _, a letter first, at most 64";
const EXPECTED_MEMBER = "expected letters, digits and _, a letter first, at most 64";

/** Why a daemon cannot be called so, as a clause; undefined when it can. */
export function refuseDaemonName(name: string): string | undefined {
  const reserved = refuseReserved(name);
  if (reserved !== undefined) return `it is ${reserved}; choose another one`;
  return DAEMON_NAME.test(name) ? undefined : EXPECTED_NAME;
}

/** The name that a daemon's file says it has: `daemons/disk_watch.js` is `disk_watch`'s. */
export function nameOfFile(file: string): string {
  return file.replace(/^.*[\\/]/s, "").replace(/\.\w+$/, "");
}

/** What is wrong with a module's file name, as a clause; undefined when a daemon can have it. */
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
 * @param file the module's path; undefined: the name is not held against it.
 */
export function refuseDefinition(value: unknown, file: string | undefined): string | undefined {
  if (value === undefined) return `has no default export; expected ${EXPORT}`;
  if (!isObject(value)) return `its default export is ${kindOf(value)}; expected ${EXPORT}`;
  const [first] = definitionProblems(value, file);
  return first && describeProblem(first);
}

function definitionProblems(value: Record<string, unknown>, file: string | undefined): Problem[] {
  return [
    ...nameProblems(value.name, file),
    ...textProblems(value.description, ["description"]),
    ...functionProblems(value.run, ["run"]),
    ...(value.onTerminate === undefined
      ? []
      : functionProblems(value.onTerminate, ["onTerminate"])),
    ...Object.keys(value).filter((key) => !KEYS.includes(key)).map((key) => (
      { path: [key], value: value[key], fault: "unknown key", expected: suggest(key, KEYS) }
    )),
    ...inObject(value.arguments, ["arguments"], specProblems),
    ...inObject(value.permissions, ["permissions"], permissionProblems),
    ...placeholderProblems(value.permissions, value.arguments),
    ...inObject(value.maps, ["maps"], mapProblems),
    ...inObject(value.tasks, ["tasks"], taskProblems),
  ];
}

/** A permission that refers to an argument which there is not would never be given. */
function placeholderProblems(permissions: unknown, specs: unknown): Problem[] {
  if (!isObject(permissions)) return [];
  const known = ["home", ...Object.keys(isObject(specs) ? specs : {})];
  return Object.entries(permissions).flatMap(([kind, items]) => {
    const texts = Array.isArray(items) ? items.map(String) : [];
    const names = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!));
    return names.filter((name) => !known.includes(name)).map((name) => ({
      ...{ path: ["permissions", kind], value: name },
      fault: `there is no argument "${excerpt(name)}"`,
      expected: suggest(name, known),
    }));
  });
}

function functionProblems(value: unknown, path: string[]): Problem[] {
  return typeof value === "function" ? [] : [{ path, value, expected: "expected a function" }];
}

function taskProblems(tasks: Record<string, unknown>): Problem[] {
  return Object.entries(tasks).flatMap(([name, task]) => [
    ...memberNameProblems(name),
    ...functionProblems(task, [name]),
  ]);
}

function nameProblems(name: unknown, file: string | undefined): Problem[] {
  const path = ["name"];
  const expected = typeof name === "string" ? refuseDaemonName(name) : EXPECTED_NAME;
  if (expected !== undefined) return [{ path, value: name, expected }];
  if (file === undefined || name === nameOfFile(file)) return [];
  return [{ path, value: name, expected: `expected "${nameOfFile(file)}", as its file is called` }];
}

function textProblems(value: unknown, path: string[]): Problem[] {
  return typeof value === "string" ? [] : [{ path, value, expected: "expected text in quotes" }];
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
  return Object.entries(maps).flatMap(([name, spec]) => [
    ...memberNameProblems(name),
    ...inObject(spec ?? null, [name], ({ description = "", persistent, open, check }) => [
      ...textProblems(description, ["description"]),
      ...flagProblems(persistent, ["persistent"]),
      ...flagProblems(open, ["open"]),
      ...(check === undefined ? [] : functionProblems(check, ["check"])),
    ]),
  ]);
}

function flagProblems(value: unknown, path: string[]): Problem[] {
  const isFlag = value === undefined || typeof value === "boolean";
  return isFlag ? [] : [{ path, value, expected: "expected true or false" }];
}

function memberNameProblems(name: string): Problem[] {
  if (MEMBER_NAME.test(name)) return [];
  return [{ path: [name], value: name, fault: "unusable name", expected: EXPECTED_MEMBER }];
}

/** A definition that was found right, as plain data. */
export function describeDefinition(definition: DaemonDefinition): DaemonDescription {
  return structuredClone({
    name: definition.name,
    description: definition.description,
    arguments: withoutChecks(definition.arguments ?? {}),
    permissions: definition.permissions ?? {},
    maps: withoutChecks(definition.maps ?? {}),
    tasks: Object.keys(definition.tasks ?? {}),
  });
}

function withoutChecks<T extends object>(specs: Readonly<Record<string, T>>): Record<string, T> {
  const data = (spec: T) =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => key !== "check"));
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, data(spec) as T]));
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : `a ${typeof value}`;
}
