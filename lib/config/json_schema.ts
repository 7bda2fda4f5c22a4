import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { DURATION_PATTERN, SIZE_PATTERN } from "../base/mod.ts";
import type { ArgumentSpec, ArgumentSpecs } from "../daemon/mod.ts";
import type { BuiltinArguments } from "./check.ts";
import { DaemonSchema } from "./daemon_schema.ts";
import { ConfigSchema } from "./schema.ts";

/**
 * The form of the file, not that of the {@linkcode Config} made from it; a check is code, which JSON
 * cannot hold.
 */
const OPTIONS: ConversionConfig = { typeMode: "input", ignoreActions: ["check", "raw_check"] };

/**
 * The configuration's JSON schema (draft 7), with which editors complete and check the file, the
 * arguments of built-in daemons included. `allowComments` and `allowTrailingCommas` are words of Visual
 * Studio Code.
 */
export function configSchema(builtin: BuiltinArguments): Record<string, unknown> {
  const schema = toJsonSchema(ConfigSchema, OPTIONS);
  const daemons = Object.fromEntries([...builtin].map(([name, specs]) => [name, daemon(specs)]));
  return {
    ...schema,
    allowComments: true,
    allowTrailingCommas: true,
    properties: {
      ...schema.properties,
      daemons: { ...schema.properties?.daemons as JsonSchema, properties: daemons },
    },
  };
}

/** The schema of a built-in daemon's entry. */
function daemon(specs: ArgumentSpecs): JsonSchema {
  const { $schema: _, ...schema } = toJsonSchema(DaemonSchema, OPTIONS);
  const entries = Object.entries(specs);
  const properties = Object.fromEntries(entries.map(([name, spec]) => [name, argument(spec)]));
  const required = entries.filter(([, spec]) => spec.default === undefined).map(([name]) => name);
  const description = "The daemon's arguments by name";
  const own = { type: "object", description, properties, required, additionalProperties: false };
  return { ...schema, properties: { ...schema.properties, arguments: own as JsonSchema } };
}

function argument(spec: ArgumentSpec): JsonSchema {
  const { description } = spec;
  const fallback = spec.default as JsonSchema["default"];
  return { ...form(spec), description, ...(fallback !== undefined && { default: fallback }) };
}

function form(spec: ArgumentSpec): JsonSchema {
  switch (spec.type) {
    case "string":
      return spec.oneOf ? { type: "string", enum: [...spec.oneOf] } : { type: "string" };
    case "number":
      return { type: spec.integer ? "integer" : "number", minimum: spec.min, maximum: spec.max };
    case "boolean":
      return { type: "boolean" };
    case "duration":
      return { type: "string", pattern: DURATION_PATTERN.source };
    case "size":
      return { type: "string", pattern: SIZE_PATTERN.source };
    case "list":
      return { type: "array", items: { type: "string" }, minItems: spec.minItems };
  }
}
