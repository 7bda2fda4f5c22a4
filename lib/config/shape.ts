import { isObject, suggest } from "../base/mod.ts";
import type { Problem } from "./problem.ts";

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
