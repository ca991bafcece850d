// The keys of scenario files, read from the schema: value, default and description.
import { z } from "zod";
import { faultNames } from "../internal/faults.js";
import { expectedText } from "../internal/scenario.js";

export interface Key {
  name: string;
  holds: string;
  /** Undefined where there is none. */
  byDefault: string | undefined;
  required: boolean;
  description: string | undefined;
}

/** The keys of one mapping. `*` in the path is any name, or any step of a list. */
export interface Part {
  path: string[];
  keys: Key[];
}

type Schema = z.core.$ZodType;

/** Nested steps have the keys of a step, and the options of faults have a page of their own. */
const elsewhere = ["together.*", "repeat.steps.*"];

/** Each mapping, before its nested mappings. */
export function partsOf(schema: Schema, path: string[] = []): Part[] {
  const mapping = mappingOf(schema);
  if (mapping instanceof z.ZodRecord) return partsOf(mapping.valueType, [...path, "*"]);
  if (mapping instanceof z.ZodArray) return partsOf(mapping.element, [...path, "*"]);
  if (!(mapping instanceof z.ZodObject) || elsewhere.some((end) => path.join(".").endsWith(end))) return [];
  const entries = Object.entries(mapping.shape as Record<string, Schema>).filter(
    ([name]) => path.at(-1) !== "inject" || !faultNames.some((fault) => fault === name),
  );
  const inside = path.at(-1) === "inject" ? [] : entries.flatMap(([name, inner]) => partsOf(inner, [...path, name]));
  const keys = entries.map(([name, inner]) => keyOf(name, inner));
  return keys.length === 0 ? [] : [{ path, keys }, ...inside];
}

function keyOf(name: string, schema: Schema): Key {
  const { byDefault, optional } = wrapped(schema);
  return {
    name,
    holds: holds(schema),
    byDefault,
    required: !optional && byDefault === undefined,
    description: descriptionOf(schema),
  };
}

/** The mapping inside wrappers, or inside a union. */
function mappingOf(schema: Schema): Schema {
  const inner = bare(schema);
  if (!(inner instanceof z.ZodUnion)) return inner;
  return inner.options.map(bare).find((option) => option instanceof z.ZodObject) ?? inner;
}

const isWrapper = (schema: Schema) =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;

const bare = (schema: Schema): Schema => (isWrapper(schema) ? bare(schema.unwrap()) : schema);

function wrapped(schema: Schema): { byDefault: string | undefined; optional: boolean } {
  if (schema instanceof z.ZodDefault) return { byDefault: written(schema.def.defaultValue), optional: true };
  if (schema instanceof z.ZodPrefault) return { byDefault: undefined, optional: true };
  return { byDefault: undefined, optional: schema instanceof z.ZodOptional };
}

/** The text of a default. An empty default says no more than "optional", so it is left out. */
function written(value: unknown): string | undefined {
  if (value === "" || JSON.stringify(value) === "{}" || JSON.stringify(value) === "[]") return undefined;
  return String(value);
}

const descriptionOf = (schema: Schema): string | undefined =>
  z.globalRegistry.get(schema)?.description ?? (isWrapper(schema) ? descriptionOf(schema.unwrap()) : undefined);

/** The words of the kit's own diagnostics ("expected ..."). */
function holds(schema: Schema): string {
  const names = z.globalRegistry.get(bare(schema))?.enum;
  if (Array.isArray(names)) return names.map(String).join(", ");
  const { error } = z.safeParse(bare(schema), () => "no value of a file is a function");
  const issue = error?.issues[0];
  if (issue === undefined) throw new Error("A schema takes anything.");
  return issue.code === "invalid_value" ? issue.values.map(String).join(", ") : expectedText(issue as z.core.$ZodIssue);
}
