// docs/architecture.md: each file that it names exists and holds the name beside it, and the path of a request is the executed one.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startTestServer } from "../support/server.js";
import { run } from "./example.js";
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

/** Functions of one line, called by the kit's dialect. */
const helpers = ["src/protocol/dialects/dialect.ts", "src/protocol/dialects/service-error.ts"];

test("the path lists the files that one request executes, at most 22", async () => {
  const listed = [...new Set(path.map(({ file }) => file))].sort();
  expect(listed.length).toBeLessThanOrEqual(22);
  await using server = await startTestServer();
  const script = fileURLToPath(new URL("executed-files.mjs", import.meta.url));
  await using program = run(process.execPath, [script], server.url);
  const { code, output } = await program.ended;
  expect({ code, output }).toMatchObject({ code: 0 });
  const executed: string[] = JSON.parse(output);
  expect(executed.filter((file) => !helpers.includes(file)).sort()).toEqual(listed);
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
