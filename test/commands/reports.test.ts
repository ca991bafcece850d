// `--report` and the step summary of a GitHub job, as a user gets them; and that no run begins whose reports have no place.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reportNames, reports } from "../../src/report/index.js";
import { jsrrHere } from "../support/command-line.js";

const root = mkdtempSync(join(tmpdir(), "test-reports-of-jsrr-"));
afterAll(() => rmSync(root, { recursive: true }));

test("all reports, where they lie, and the step summary; stdout stays one JSON document", async () => {
  const folder = join(root, "reports");
  const env = { GITHUB_STEP_SUMMARY: join(root, "summary.md") };
  const told = await jsrrHere(["scenario", "no-responders", "--json", "--report", folder], { env });
  expect(told.code).toBe(0);
  expect(readFileSync(join(folder, "result.json"), "utf8")).toBe(told.stdout);
  expect(readdirSync(folder).sort()).toEqual(reportNames.map((name) => reports[name].file).sort());
  expect(told.stderr).toContain(`Reports   ${join(folder, "report.html")}\n`);
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toBe(
    readFileSync(join(folder, "summary.md"), "utf8"),
  );
});

test("a place that is a file: one sentence, before anything has run", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(await jsrrHere(["scenario", "no-responders", "--report", file])).toEqual({
    code: 4,
    stdout: "",
    stderr: `Cannot write reports to ${file}: it is a file, not a folder. Name another folder with --report.\n`,
  });
});
