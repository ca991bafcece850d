// docs/architecture.md: each file that it names exists, and holds the name beside it.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { read, region } from "./page.js";

const page = read("docs/architecture.md");
const exists = (path: string) => existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));

/** The rows of a region's table: the last two cells are a file and a name in it. */
function rows(name: string): { file: string; holds: string }[] {
  const [, , ...lines] = region(page, name).split("\n");
  return lines.map((line) => {
    const [file = "", holds = ""] = line
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", ""))
      .slice(-3, -1);
    return { file, holds };
  });
}

const path = rows("path");
const changes = rows("changes");
const clientFaults = rows("client-faults");

test.each([...path, ...changes, ...clientFaults])("$file holds $holds", ({ file, holds }) => {
  expect(exists(file)).toBe(true);
  expect(holds).not.toBe("");
  expect(read(file)).toContain(holds);
});

test("the path of a request has at most 22 files", () => {
  const files = new Set(path.map(({ file }) => file));
  expect(files.size).toBeGreaterThan(10);
  expect(files.size).toBeLessThanOrEqual(22);
});

test("the table of changes has at least 20 rows", () => {
  expect(changes.length).toBeGreaterThanOrEqual(20);
});

test("the layout lists every folder of src", () => {
  const folders = [...page.matchAll(/^\| (`src\/[^|]*) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`src\/([\w-]+)[^`]*`/g)].map(([, name]) => name),
  );
  expect(folders).toContain("protocol");
  for (const folder of folders.filter((name) => name !== "cli" && name !== "index")) {
    expect(exists(`src/${folder}`), folder).toBe(true);
  }
});
