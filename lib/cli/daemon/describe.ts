import { describeRange, sanitize, toJson } from "../../base/mod.ts";
import { type ArgumentSpec, withDefaults } from "../../daemon/arguments.ts";
import type { DaemonDescription } from "../../daemon/check.ts";
import { describePermissions, grantPermissions } from "../../registry/grant.ts";
import type { Subject } from "./subject.ts";

/** Where a daemon is from, for people. */
export function origin({ module, builtin, name }: Subject): string {
  if (module !== null) return module;
  return builtin === name || builtin === undefined ? "built in" : `built in (${builtin})`;
}

/** An argument's type, for people: `duration, from 100ms to 1h`. */
export function describeType(spec: ArgumentSpec): string {
  if (spec.type === "string") return spec.oneOf ? spec.oneOf.map(quote).join(" or ") : "text";
  if (spec.type === "boolean") return "true or false";
  if (spec.type === "list") return `list of texts${describeRange({ min: spec.minItems })}`;
  const type = spec.type === "number" && spec.integer ? "whole number" : spec.type;
  return type + describeRange<number | string>(spec);
}

/** What a daemon's permissions come to: what it declares, and what of it is granted. */
export function standingPermissions(
  subject: Subject,
  { arguments: specs, permissions }: DaemonDescription,
  home: string,
  given: Record<string, unknown> = subject.entry?.arguments ?? {},
): ReturnType<typeof grantPermissions> {
  const values = withDefaults(specs, given);
  const granted = subject.entry?.permissions ?? (subject.builtin !== undefined ? undefined : {});
  return grantPermissions(permissions, granted, { home, arguments: values });
}

/** What is missing of a daemon's permissions, and how to grant it; undefined when nothing is. */
export function describeMissing(
  { name }: Subject,
  { missing }: ReturnType<typeof grantPermissions>,
): string | undefined {
  if (Object.keys(missing).length === 0) return undefined;
  return `not granted: ${
    describePermissions(missing)
  }; it does not run until they are: icinga-warden daemon register ${name} --grant`;
}

/** Rows with their columns below each other. */
export function columns(given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map(sanitize));
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
}

/** A value as it is typed in the configuration. */
export function quote(value: unknown): string {
  return toJson(value);
}
