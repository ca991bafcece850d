// The scenarios that come with the package: each loads, is named like its file, and looks like the others.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { findScenarios, jsonSchemaFile, jsonSchemaText, loadScenario } from "../internal/scenario.js";

const listed = await findScenarios();

test("the first seven scenarios exist", () => {
  expect(listed.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "core-request-reply",
      "inbox-lost",
      "naive-request",
      "no-responders",
      "offline-responder",
      "order-menu",
      "requester-gone",
    ]),
  );
});

describe.each(listed)("$name", ({ name, file }) => {
  test("loads and has the name of its file", async () => {
    const scenario = await loadScenario(file);
    expect(scenario).toMatchObject({ name, file });
    expect(scenario.question).toMatch(/\?$/);
    expect(scenario.answer).toMatch(/\.$/);
    expect(scenario.check).not.toEqual([]);
  });

  test("has the schema for editors", async () => {
    const [first] = (await readFile(file, "utf8")).split("\n");
    expect(first).toBe("# yaml-language-server: $schema=../schema/scenario.schema.json");
  });
});

test("the committed JSON Schema is up to date", async () => {
  const committed = JSON.parse(await readFile(jsonSchemaFile, "utf8"));
  const fresh = JSON.parse(jsonSchemaText());
  expect(committed, "schema/scenario.schema.json is stale: run `npm run schema`").toEqual(fresh);
});
