// docs/faults.md: generated from the registry of faults. `UPDATE_DOCS=1` writes it.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultNames, faults } from "../internal/faults.js";
import { faultsPage } from "./faults-page.js";
import { read } from "./page.js";

const page = faultsPage(read("src/faults/noop.ts"));
if (process.env.UPDATE_DOCS) writeFileSync(new URL("../../docs/faults.md", import.meta.url), page);

test("the page describes each fault as the code does", () => expect(read("docs/faults.md")).toBe(page));

test("the no-op comes first, and each fault has a description in whole sentences", () => {
  expect(faultNames[0]).toBe("noop");
  for (const name of faultNames) expect(faults[name].does).toMatch(/^[A-Z].*[^.]\.$/);
});
