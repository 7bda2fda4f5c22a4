/** What the tests read of a JSON schema. */
export interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  pattern?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
}

/** Every key that a schema knows, with what it says of it. */
export function keys(schema: Schema, path = ""): [string, Schema][] {
  const own = Object.entries(schema.properties ?? {});
  const any = schema.additionalProperties
    ? keys(schema.additionalProperties, `${path}<name>.`)
    : [];
  return [
    ...own.map(([key, inner]): [string, Schema] => [path + key, inner]),
    ...own.flatMap(([key, inner]) => keys(inner, `${path}${key}.`)),
    ...any,
  ];
}
