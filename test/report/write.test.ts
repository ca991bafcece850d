// The writer: all reports or none, over those of an earlier run, and one clear sentence where it cannot.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appendStepSummary, prepareReports, reportNames, reports, writeReports } from "../internal/report.js";
import { folderOfFile } from "../support/folder.js";
import { heldRun, violatedRun } from "./runs.js";

const root = folderOfFile("reports");

const fileNames = reportNames.map((name) => reports[name].file).sort();

test("all reports are written into a new folder, and nothing else", () => {
  const folder = join(root, "a", "b");
  prepareReports(folder);
  writeReports(violatedRun, folder);
  expect(writeReports(heldRun, folder).sort()).toEqual(fileNames);
  expect(readdirSync(folder).sort()).toEqual(fileNames);
  for (const name of reportNames) {
    expect(readFileSync(join(folder, reports[name].file), "utf8")).toBe(reports[name].render(heldRun));
  }
});

test("an unfinished run removes the reports of the run before, and keeps other files", () => {
  const folder = join(root, "again");
  writeReports(heldRun, folder);
  writeFileSync(join(folder, "mine.txt"), "");
  prepareReports(folder);
  expect(readdirSync(folder)).toEqual(["mine.txt"]);
});

test("no report is written if one cannot be", () => {
  const folder = join(root, "half");
  mkdirSync(join(folder, `junit.xml.${process.pid}.part`), { recursive: true });
  expect(() => writeReports(heldRun, folder)).toThrow(/^Cannot write reports to .*half: .*\. Name another folder/);
  expect(readdirSync(folder).filter((name) => !name.endsWith(".part"))).toEqual([]);
});

test.each([
  ["a file", "file", /it is a file, not a folder/],
  ["below a file", "file/x/y", /a part of it is a file/],
])("%s is refused as a folder before the run", (_, place, words) => {
  writeFileSync(join(root, "file"), "");
  expect(() => prepareReports(join(root, place))).toThrow(words);
});

// Node's own recursive mkdir never comes back from there.
test.runIf(process.platform === "linux")("a folder that is not writable is reported at once", () => {
  expect(() => prepareReports("/proc/jsrr/reports")).toThrow(/^Cannot write reports to \/proc\/jsrr\/reports: /);
});

test("the runs of one job share its summary", () => {
  const file = join(root, "summary.md");
  appendStepSummary(heldRun, file);
  appendStepSummary(violatedRun, file);
  expect(readFileSync(file, "utf8").match(/^### /gm)).toHaveLength(2);
});
