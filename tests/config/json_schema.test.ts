import { assert, assertEquals } from "@std/assert";
import { configSchema } from "../../lib/config/json_schema.ts";
import { builtin } from "./parse.ts";
import { keys, type Schema } from "./schema_keys.ts";

const schema: Schema = configSchema(builtin);

Deno.test("the schema is plain JSON of draft 7, for a file with comments", () => {
  const { $schema, allowComments } = JSON.parse(JSON.stringify(schema));
  assertEquals([$schema, allowComments], ["http://json-schema.org/draft-07/schema#", true]);
  assertEquals(schema.additionalProperties, false);
  assertEquals(schema.required, []);
});

Deno.test("every key has a description", () => {
  const missing = keys(schema).filter(([path, { description }]) =>
    !description && !/^daemons\.\w+$/.test(path)
  );
  assertEquals(missing.map(([path]) => path), []);
});

Deno.test("the values are described as they are written, not as they are read", () => {
  const { keep, maxSize } = schema.properties!.log!.properties!;
  assertEquals([maxSize!.type, maxSize!.default], ["string", "10MB"]);
  assert(new RegExp(maxSize!.pattern!).test("10MB"));
  assertEquals(keep, {
    type: "integer",
    minimum: 1,
    maximum: 100,
    default: 5,
    description: "How many older log files are kept",
  } as Schema);
});

Deno.test("the arguments of built-in daemons are in it", () => {
  const daemons = schema.properties!.daemons!;
  const entry = daemons.properties!.icinga_agent_service!.properties!.arguments!;
  assertEquals(Object.keys(entry.properties!), Object.keys(builtin.get("icinga_agent_service")!));
  assertEquals(entry.properties!.interval!.default, "5s");
  assertEquals(entry.additionalProperties, false);
  assert(daemons.additionalProperties !== false);
});

Deno.test("each form of argument has its schema, and what has no default is required", () => {
  const description = "d";
  const own = configSchema(
    new Map([["own", {
      text: { type: "string", oneOf: ["a", "b"], description },
      count: { type: "number", integer: true, min: 1, default: 2, description },
      ratio: { type: "number", max: 1, default: 0.5, description },
      loud: { type: "boolean", default: true, description },
      room: { type: "size", default: "1KB", description },
      list: { type: "list", default: ["a"], description },
      some: { type: "list", default: ["a"], minItems: 1, description },
    }]]),
  ) as Schema;
  const entry = own.properties!.daemons!.properties!.own!.properties!.arguments!;
  assertEquals(entry.required, ["text"]);
  assertEquals(JSON.parse(JSON.stringify(entry.properties)), {
    text: { type: "string", enum: ["a", "b"], description },
    count: { type: "integer", minimum: 1, description, default: 2 },
    ratio: { type: "number", maximum: 1, description, default: 0.5 },
    loud: { type: "boolean", description, default: true },
    room: { type: "string", pattern: "^\\d+(?:B|KB|MB|GB)$", description, default: "1KB" },
    list: { type: "array", items: { type: "string" }, description, default: ["a"] },
    some: {
      ...{ type: "array", items: { type: "string" }, minItems: 1 },
      ...{ description, default: ["a"] },
    },
  });
});
