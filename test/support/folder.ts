// Temporary folder of a test file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/**
 * Removed after the file that calls it. Call it at module level or in `describe`: inside a test it registers its removal too late.
 * Not for modules that several files share, which are loaded once for all of them.
 */
export function folderOfFile(what: string): string {
  const path = mkdtempSync(join(tmpdir(), `test-${what}-of-jsrr-`));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
