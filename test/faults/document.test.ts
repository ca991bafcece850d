// docs/faults.md says what the registry says; `-u` writes it anew.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultNames, faults, faultsDocument } from "../internal/faults.js";

test("docs/faults.md is up to date", async () => {
  const noop = readFileSync(new URL("../../src/faults/noop.ts", import.meta.url), "utf8");
  await expect(faultsDocument(noop)).toMatchFileSnapshot("../../docs/faults.md");
});

test("the no-op comes first, and each fault has a sentence", () => {
  expect(faultNames[0]).toBe("noop");
  for (const name of faultNames) expect(faults[name].does).toMatch(/^[A-Z].*[^.]\.$/);
});
