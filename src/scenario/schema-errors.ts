// The schema stage: reports where the data of a file does not match the schema, in sentences with hints.
import type { z } from "zod";
import { didYouMean, nearest } from "../common/did-you-mean.js";
import { got, type Path, pathText, quoted, type Report } from "./diagnostic.js";
import { durationText, expectedText } from "./fields.js";
import { keysAt, scenarioFile, stepKinds } from "./schema.js";

type Issue = z.core.$ZodIssue;

export function checkSchema(data: unknown, report: Report): void {
  const { error } = scenarioFile.safeParse(data);
  if (data === null) report([], "Expected a scenario, got an empty file");
  else for (const issue of error?.issues ?? []) explain(issue, [], data, report);
}

function explain(issue: Issue, base: Path, data: unknown, report: Report): void {
  const path = [...base, ...(issue.path as Path)];
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) unknownKey(path, key, report);
  } else if (issue.code === "invalid_union") {
    const inside = likeliest(issue.errors.filter(gotInside)) ?? issue.errors.find(isOneOfNames(valueAt(data, path)));
    if (inside) for (const part of inside) explain(part, path, data, report);
    else wrongValue(path, issue, data, report);
  } else if (issue.code === "invalid_key") {
    const words = issue.issues[0]?.message ?? issue.message;
    report(path, `Expected the key ${quoted(String(path.at(-1)))} of ${place(path.slice(0, -1))} to be ${words}`, {
      at: "key",
    });
  } else wrongValue(path, issue, data, report);
}

/** Whether the value has the kind of this branch of a union, and a mistake inside. */
const gotInside = (branch: Issue[]) =>
  branch.some((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys");

/** Of several mappings the one that was most likely meant: with the fewest mistakes. */
const likeliest = (branches: Issue[][]) => branches.toSorted((a, b) => a.length - b.length)[0];

/** A text where one of several names could have stood: they say more than the union's own text. */
const isOneOfNames =
  (value: unknown) =>
  ([only, ...more]: Issue[]) =>
    typeof value === "string" && more.length === 0 && only?.code === "invalid_value" && only.values.length > 1;

function unknownKey(parent: Path, key: string, report: Report): void {
  const known = keysAt(scenarioFile, parent);
  // The name of a step that is not allowed here is spelt right: no other one is meant.
  const misspelt = !(stepKinds as string[]).includes(key);
  const hint = didYouMean(misspelt ? key : undefined, known, "known keys");
  report([...parent, key], `Unknown key ${quoted(key)} in ${place(parent)}`, { at: "key", hint });
}

function wrongValue(path: Path, issue: Issue, data: unknown, report: Report): void {
  const value = valueAt(data, path);
  const words = issue.code === "invalid_value" ? oneOf(issue.values) : expectedText(issue);
  if (value === undefined && path.length > 0) {
    const key = path.at(-1);
    report(path, `Expected ${place(path.slice(0, -1))} to have \`${key}\`, ${words}`);
    return;
  }
  report(path, `Expected ${place(path)} to be ${words}, got ${got(value)}`, { hint: hintFor(value, issue) });
}

const place = (path: Path) => (path.length === 0 ? "the file" : `\`${pathText(path)}\``);

const oneOf = (values: readonly unknown[]) => {
  const all = values.map((value) => JSON.stringify(value));
  return all.length > 1 ? `one of ${all.join(", ")}` : all.join();
};

/** What was probably meant. */
function hintFor(value: unknown, issue: Issue): string | undefined {
  if (issue.code === "invalid_value") {
    const [best] = typeof value === "string" ? nearest(value, issue.values.map(String)) : [];
    return best && `did you mean ${JSON.stringify(best)}?`;
  }
  if (issue.code !== "invalid_type") return undefined;
  if (issue.expected === "boolean") return truthHint(value);
  if (issue.expected !== "string" || (typeof value !== "number" && typeof value !== "boolean")) return undefined;
  const withUnit = issue.message === durationText && typeof value === "number";
  return withUnit ? `did you mean "${value}${value < 100 ? "s" : "ms"}"?` : `write it in quotes: "${value}"`;
}

/** As YAML 1.1 had them; in YAML 1.2 they are text. */
function truthHint(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^(yes|on)$/i.test(value)) return "did you mean true?";
  return /^(no|off)$/i.test(value) ? "did you mean false?" : undefined;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
