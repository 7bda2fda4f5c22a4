import {
  describeProblem,
  excerpt,
  expectedDuration,
  expectedSize,
  isObject,
  parseDuration,
  parseSize,
  type Problem,
  refuseReserved,
  suggest,
} from "../base/mod.ts";
import {
  ARGUMENT_TYPES,
  argumentProblems,
  type ArgumentSpec,
  type ArgumentSpecs,
} from "./arguments.ts";
import type { DaemonDefinition, MapSpecs } from "./define.ts";
import { metricTypes, metricUnits, MOST_METRICS } from "./metrics.ts";
import {
  type DaemonPermissions,
  PERMISSION_LISTS,
  PLACEHOLDER,
  refuseSecretName,
} from "./permissions.ts";
import {
  ARGUMENT_NAME,
  each,
  FLAG,
  FUNCTION,
  is,
  LABEL,
  MEMBER_NAME,
  METRIC_NAME,
  NUMBER,
  object,
  oneOf,
  optional,
  type Rule,
  RUN,
  TEXT,
  TEXTS,
} from "./rules.ts";

/** A daemon's definition as plain data: what can be posted, shown and written as JSON. */
export interface DaemonDescription {
  /** See {@linkcode DaemonDefinition}. */
  name: string;
  /** The description, one sentence. Default: the name. */
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

/** How many arguments, maps, tasks, or items of a list a module may declare. */
const MAX_PARTS = 100;

/** The longest text in a declaration, characters. */
const MAX_TEXT = 1_000;

/** Declarations are not nested deeper: `arguments.drive.default[0]`. */
const MAX_DEPTH = 5;

const DAEMON_NAME = /^[a-z][a-z0-9_]{0,63}$/;

const EXPECTED_NAME = "expected small letters, digits and _, a letter first, at most 64";

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
  const large = Object.keys(DEFINITION).flatMap((key) => sizeProblems(value[key], [key]));
  if (large.length > 0) return large;
  return [
    ...nameProblems(value.name, file),
    ...object(DEFINITION, undefined, "unknown key")(value, []),
    ...placeholderProblems(value.permissions, value.arguments),
    ...countProblems(value.maps),
  ];
}

/** What a bound of an argument is written as. */
const BOUNDS: Readonly<Record<string, Rule>> = {
  number: NUMBER,
  duration: is(expectedDuration({}), (value) => parseDuration(String(value)) !== undefined),
  size: is(expectedSize({}), (value) => parseSize(String(value)) !== undefined),
};

const SPEC = object({
  type: oneOf(ARGUMENT_TYPES),
  description: optional(TEXT),
  minItems: optional(NUMBER),
  integer: optional(FLAG),
  oneOf: optional(TEXTS),
  check: optional(FUNCTION),
  checkTogether: optional(FUNCTION),
}, "expected { type, description }");

/** What bounds and a default may be depends on the rest. */
const ARGUMENT: Rule = (value, path) => {
  const wrong = SPEC(value, path);
  if (wrong.length > 0) return wrong;
  const spec = value as ArgumentSpec;
  const bound = optional(BOUNDS[spec.type] ?? (() => []));
  const bounds = object({ min: bound, max: bound })(spec, path);
  if (bounds.length > 0 || spec.default === undefined) return bounds;
  return argumentProblems(spec, spec.default, [...path, "default"]);
};

const PERMISSION = is(
  "expected a list of texts in square brackets",
  (value) => Array.isArray(value) && value.every((item) => typeof item === "string" && item),
);

const SECRETS: Rule = (value, path) => {
  const wrong = PERMISSION(value, path);
  if (wrong.length > 0) return wrong;
  const names = (value as string[]).filter((item) => item !== "*" && !item.includes("{"));
  return names.flatMap((name) => {
    const expected = refuseSecretName(name);
    return expected === undefined ? [] : [{ path, value: name, expected }];
  });
};

const METRIC = object({
  type: oneOf(metricTypes),
  help: TEXT,
  unit: optional(oneOf(metricUnits)),
  label: optional(LABEL),
}, "expected { type, help }");

const MAP = object({
  description: optional(TEXT),
  persistent: optional(FLAG),
  open: optional(FLAG),
  check: optional(FUNCTION),
  metrics: optional(each(METRIC_NAME, METRIC)),
});

/** The rules of a definition's parts; that of its name depends on the file. */
const DEFINITION: Readonly<Record<string, Rule>> = {
  name: () => [],
  description: optional(TEXT),
  run: RUN,
  arguments: optional(each(ARGUMENT_NAME, ARGUMENT)),
  permissions: optional(
    object(
      {
        services: optional(FLAG),
        ...Object.fromEntries(PERMISSION_LISTS.map((kind) => [kind, optional(PERMISSION)])),
        secrets: optional(SECRETS),
      },
      undefined,
      "unknown permission",
    ),
  ),
  maps: optional(each(MEMBER_NAME, MAP)),
  tasks: optional(each(MEMBER_NAME, FUNCTION)),
  onTerminate: optional(FUNCTION),
};

/** The maps together have a limit of metrics. */
function countProblems(value: unknown): Problem[] {
  const maps = Object.values(isObject(value) ? value : {}).filter(isObject);
  const count = maps.reduce((sum, { metrics }) => sum + Object.keys(metrics ?? {}).length, 0);
  if (count <= MOST_METRICS) return [];
  const fault = `the maps have ${count} metrics`;
  return [{ path: ["maps"], value, fault, expected: `at most ${MOST_METRICS} in all` }];
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

/** A permission for an argument that does not exist would never be granted. */
function placeholderProblems(permissions: unknown, specs: unknown): Problem[] {
  if (!isObject(permissions)) return [];
  const known = ["home", "icinga", ...Object.keys(isObject(specs) ? specs : {})];
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

/** A checked definition as plain data. */
export function describeDefinition(definition: DaemonDefinition): DaemonDescription {
  const { name, description = name, arguments: specs = {}, maps = {}, tasks = {} } = definition;
  return {
    name,
    description,
    arguments: plain(specs),
    permissions: plain(definition.permissions ?? {}),
    maps: plain(maps),
    tasks: Object.keys(tasks),
  };
}

/** Without checks, which are code, and bounds of `Infinity`, which have no form in JSON. */
function plain<T>(declared: T): T {
  const isInfinite = (value: unknown) => value === Infinity || value === -Infinity;
  const text = JSON.stringify(declared, (_, value) => isInfinite(value) ? undefined : value);
  return JSON.parse(text);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : `a ${typeof value}`;
}
