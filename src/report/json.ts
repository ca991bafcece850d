// JSON report: the result of a run as one document, its keys always in the order of the schema.
import { z } from "zod";
import type { Run } from "../history/result.js";
import { resultSchema } from "./result-schema.js";

export function json({ result }: Run): string {
  return `${JSON.stringify(inSchemaOrder(result, z.toJSONSchema(resultSchema)), null, 2)}\n`;
}

/** What the schema does not name is left out. */
function inSchemaOrder(value: unknown, { properties, items }: z.core.JSONSchema.BaseSchema): unknown {
  const part = (one: unknown, schema: z.core.JSONSchema._JSONSchema | undefined) =>
    typeof schema === "object" ? inSchemaOrder(one, schema) : one;
  if (Array.isArray(value)) return value.map((one) => part(one, Array.isArray(items) ? undefined : items));
  if (typeof value !== "object" || value === null || properties === undefined) return value;
  const known = value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, part(known[key], schema)]));
}
