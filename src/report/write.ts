// Report files: writes all of a run's reports to a folder, and GitHub's step summary. Only this file touches the disk.
import { accessSync, appendFileSync, constants, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeFolder } from "../common/make-folder.js";
import type { Run } from "../history/result.js";
import type { PageOptions } from "./html/page.js";
import { reportNames, reports } from "./index.js";

/**
 * Makes the folder where it is missing and removes the reports of an earlier run: the reports of a failed run must not be
 * mistaken for its own. Called before the run, which would be of no use if its reports had no place.
 * @throws UnwritableReportsError
 */
export function prepareReports(
  folder: string,
  files: readonly string[] = reportNames.map((name) => reports[name].file),
): void {
  attempt(folder, () => {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK | constants.X_OK);
    for (const file of files) rmSync(join(folder, file), { force: true });
  });
}

/**
 * Writes all reports: each appears whole or not at all, and none before all could be written.
 * @param options of the HTML page
 * @returns their names in the folder
 * @throws UnwritableReportsError
 */
export function writeReports(run: Run, folder: string, options: PageOptions = {}): string[] {
  const texts = reportNames.map((name) => {
    const { file, render }: { file: string; render: (run: Run, options: PageOptions) => string } = reports[name];
    return { file, text: () => render(run, options) };
  });
  return writeEach(folder, texts);
}

/** The same for any texts. */
export const writeFiles = (folder: string, texts: readonly { file: string; text: string }[]): string[] =>
  writeEach(
    folder,
    texts.map(({ file, text }) => ({ file, text: () => text })),
  );

/** Each text is made when it is written: those of a large run take tens of megabytes each. */
function writeEach(folder: string, texts: readonly { file: string; text(): string }[]): string[] {
  const place = resolve(folder);
  const files = texts.map(({ file, text }) => {
    const path = join(place, file);
    // Beside its place: only within a file system is a rename atomic.
    return { file, path, unfinished: `${path}.${process.pid}.part`, text };
  });
  attempt(folder, () => {
    try {
      makeFolder(place);
      for (const { unfinished, text } of files) writeFileSync(unfinished, text());
      for (const { unfinished, path } of files) renameSync(unfinished, path);
    } finally {
      for (const { unfinished } of files) rmSync(unfinished, { force: true });
    }
  });
  return files.map(({ file }) => file);
}

/** Several runs of one job share its summary, so it is appended to, in one write. */
export function appendStepSummary(run: Run, file: string): void {
  appendFileSync(file, reports.markdown.render(run));
}

function attempt(folder: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error; // of a report's text, not of the disk
    throw new UnwritableReportsError(folder, error as NodeJS.ErrnoException);
  }
}

/** A folder that reports cannot be written to. The message says what to do. */
export class UnwritableReportsError extends Error {
  override readonly name = "UnwritableReportsError";
  constructor(folder: string, cause: NodeJS.ErrnoException) {
    const why = reasons[cause.code ?? ""] ?? cause.message;
    super(`Cannot write reports to ${folder}: ${why}. Name another folder with --report.`, { cause });
  }
}

const reasons: Record<string, string> = {
  ENOENT: "no folder can be made there",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is read-only",
  ENOSPC: "the disk is full",
  EEXIST: "it is a file, not a folder",
  ENOTDIR: "a part of it is a file, not a folder",
  EISDIR: "a folder has the name of a report",
  ENAMETOOLONG: "the name is too long",
};
