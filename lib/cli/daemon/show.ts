import { describeRange, sanitize, toJson } from "../../base/mod.ts";
import type { ArgumentSpec, DaemonDescription } from "../../daemon/mod.ts";
import { describePermissions, type Grant } from "../../registry/mod.ts";
import type { Action } from "../command.ts";
import { align } from "../table.ts";
import {
  describeMissing,
  examine,
  findKnown,
  findSubject,
  grantOf,
  origin,
  type Subject,
} from "./subject.ts";

/** `icinga-warden daemon show NAME` */
export const showAction: Action = {
  words: "NAME",
  summary: "show a daemon's arguments with types and defaults, its permissions and its maps",
  async run(invocation) {
    const name = invocation.words[0]!;
    const known = await findKnown(invocation);
    const { home } = known.paths;
    const subject = findSubject(name, known);
    const { entry, module } = subject;
    const given = entry?.arguments ?? {};
    const { description } = await examine(subject, given, home);
    const grant = grantOf(subject, description, home);
    const json = {
      ...description,
      name,
      module,
      registered: entry !== undefined,
      enabled: entry?.enabled ?? false,
      given,
      granted: grant.permissions,
      missing: grant.missing,
    };
    return { json, text: describe(subject, description, grant) };
  },
};

function describe(subject: Subject, description: DaemonDescription, grant: Grant): string[] {
  const { name, entry } = subject;
  const given = entry?.arguments ?? {};
  const specs = Object.entries(description.arguments).map(([key, spec]) => [
    key,
    describeType(spec),
    Object.hasOwn(given, key) ? `= ${toJson(given[key])}` : describeDefault(spec),
    spec.description ?? "",
  ]);
  const maps = Object.entries(description.maps).map(([key, spec]) => [
    `Daemons.${name}.${key}`,
    spec.description ?? "",
  ]);
  return [
    `${name}: ${sanitize(description.description)}`,
    `from        ${origin(subject)}`,
    `registered  ${entry ? (entry.enabled ? "yes" : "disabled") : "no"}`,
    specs.length === 0 ? "arguments   none" : "arguments",
    ...columns(specs),
    `permissions ${describePermissions(description.permissions)}`,
    ...(entry ? [`granted     ${describePermissions(grant.permissions)}`] : []),
    ...(entry ? describeMissing(subject, grant).map((line) => `  ${line}`) : []),
    `tasks       ${description.tasks.join(", ") || "none"}`,
    maps.length === 0 ? "maps        none listed" : "maps",
    ...columns(maps),
  ];
}

/** An argument's type: `duration, from 100ms to 1h`. */
function describeType(spec: ArgumentSpec): string {
  if (spec.type === "string") {
    return spec.oneOf?.map((text) => toJson(text)).join(" or ") ?? "text";
  }
  if (spec.type === "boolean") return "true or false";
  if (spec.type === "list") return `list of texts${describeRange({ min: spec.minItems })}`;
  const type = spec.type === "number" && spec.integer ? "whole number" : spec.type;
  return type + describeRange<number | string>(spec);
}

function describeDefault({ default: value }: ArgumentSpec): string {
  return value === undefined ? "required" : `default ${toJson(value)}`;
}

/** Indented rows with their columns below each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  return align(rows.map((row) => row.map(sanitize))).map((line) => `  ${line}`);
}
