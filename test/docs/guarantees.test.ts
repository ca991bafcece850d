// docs/guarantees.md: each promise names tests that exist, and each thing that is not promised names a scenario that exists.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { read } from "./page.js";

const page = read("docs/guarantees.md");
const [promised = "", notPromised = ""] = page.slice(page.indexOf("\n## Promised\n")).split("\n## Not promised\n");

/** The entries of a list, each with its indented lines. */
const entries = (text: string) =>
  text
    .split(/^(?=- |#)/m)
    .filter((entry) => entry.startsWith("- **"))
    .map((entry) => [entry.slice(4, entry.indexOf("**", 4)).replaceAll(/\s+/g, " "), entry] as const);

const testsOf = (entry: string) =>
  [...entry.matchAll(/^ {2}- \[(test\/\S+)\]\(\.\.\/(\S+)\): "(.+)"$/gm)].map(([, path, target, title]) => ({
    ...{ path, target, title },
  }));

const scenariosOf = (entry: string) =>
  [...entry.matchAll(/^ {2}- Scenario \[(\S+)\]\(\.\.\/scenarios\/(\S+)\.yaml\)$/gm)].map(([, name, file]) => [
    name,
    file,
  ]);

/** The titles in a test file: the text in quotes that is an argument of its own. */
const titles = (path: string) =>
  [...read(path).matchAll(/(?:^\s*|\()(["`])(.+?)\1,/gm)].map(([, , title = ""]) => title.replaceAll('\\"', '"'));

const exists = (path: string) => existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));

test("the page has promises, and things that are not promised", () => {
  expect(entries(promised).length).toBeGreaterThan(25);
  expect(entries(notPromised).length).toBeGreaterThan(9);
});

test.each(entries(promised))("the promise has its tests: %s", (_, entry) => {
  const named = testsOf(entry);
  expect(named.length).toBeGreaterThan(0);
  expect(entry.match(/^ {2}- /gm)?.length).toBe(named.length);
  for (const { path = "", target, title } of named) {
    expect(target).toBe(path);
    expect(titles(path), path).toContain(title);
  }
});

test.each(entries(notPromised))("what is not promised has its scenario: %s", (_, entry) => {
  const named = scenariosOf(entry);
  expect(named.length).toBeGreaterThan(0);
  expect(entry.match(/^ {2}- /gm)?.length).toBe(named.length);
  for (const [name, file] of named) {
    expect(file).toBe(name);
    expect(exists(`scenarios/${file}.yaml`), file).toBe(true);
  }
});
