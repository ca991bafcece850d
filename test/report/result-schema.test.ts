// schema/result.schema.json says what a result is; a stale one goes red (`npm run schema` writes it anew).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { reporters, resultSchemaFile, resultSchemaText } from "../internal/report.js";
import { heldRun, inconclusiveRun, lessonRun, violatedRun } from "./runs.js";

const committed = JSON.parse(readFileSync(resultSchemaFile, "utf8"));
const schema = z.fromJSONSchema(committed);

test("the committed schema is the code's", () => expect(committed).toEqual(JSON.parse(resultSchemaText())));

test.each(Object.entries({ heldRun, lessonRun, violatedRun, inconclusiveRun }))("the result %s is valid", (_, run) => {
  expect(schema.safeParse(JSON.parse(reporters.json(run))).error).toBeUndefined();
});

test.each([
  ["another version", { format: 2 }],
  ["a key of nobody's", { more: 1 }],
  ["no verdict", { verdict: undefined }],
  ["a verdict of nobody's", { verdict: "passed" }],
])("the result %s is invalid", (_, change) => {
  expect(schema.safeParse({ ...heldRun.result, ...change }).success).toBe(false);
});
