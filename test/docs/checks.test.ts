// docs/checks.md says of each check what the check says of itself. `UPDATE_DOCS=1` writes it anew.
import { expect, test } from "vitest";
import { type Check, checks } from "../internal/history.js";
import { read, region, rewrite } from "./page.js";

const path = "docs/checks.md";

/** As a scenario file writes them. */
const keys = { atMost: "at_most" } as const;

function section([name, check]: [string, Check]): string {
  const parameters = Object.entries(check.parameters ?? {}).map(
    ([key, words]) => `- \`${keys[key as keyof typeof keys]}\`: ${words}.`,
  );
  return [
    `## ${name}`,
    check.promise,
    [`- **violated**: ${check.violated}`, `- **unknown**: ${check.unknown}`, ...parameters].join("\n"),
  ].join("\n\n");
}

const text = Object.entries<Check>(checks).map(section).join("\n\n");
if (process.env.UPDATE_DOCS) rewrite(path, { checks: `\n${text}\n` });

test("each check is described as it is", () => expect(region(read(path), "checks")).toBe(text));
