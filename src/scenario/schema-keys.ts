// The keys that a mapping may have, asked of the schema itself, so that no list of them can drift.
import { z } from "zod";
import type { Path } from "./finding.js";

/** The known keys of the mapping at `path`; none where any key will do. */
export function keysAt(root: z.core.$ZodType, path: Path): string[] {
  let schema: z.core.$ZodType | undefined = mapping(root);
  for (const part of path) {
    if (schema === undefined) return [];
    schema = mapping(childOf(schema, String(part)));
  }
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum)
    return schema.keyType.options.map(String);
  return [];
}

function childOf(schema: z.core.$ZodType, key: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

/** Without its wrappers (optional, default); of a union, the branch that is a mapping. */
function mapping(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return mapping(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject);
  return schema;
}
