// Words for what a schema says without words of its own: they complete "Expected `x` to be ...".
import type { z } from "zod";

const kinds: Record<string, string> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** The schema's own words, where it has any. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? "something else";
  if (issue.code === "too_small") return `at least ${issue.minimum}${counted(issue.origin)}`;
  if (issue.code === "too_big") return `at most ${issue.maximum}${counted(issue.origin)}`;
  return "something else";
}

const counted = (origin: string) =>
  origin === "string" ? " characters" : ["array", "set", "object"].includes(origin) ? " of them" : "";
