// docs/checks.md: the description of each check, generated from the check. `UPDATE_DOCS=1` writes it.
import { expect, test } from "vitest";
import { type Check, checks } from "../internal/history.js";
import { read, region, rewrite } from "./page.js";

const path = "docs/checks.md";

/** The parameters, as a scenario file spells them. */
const keys = { atMost: "at_most", replies: "<order>" } as const;

function section([name, check]: [string, Check]): string {
  const parameters = Object.entries(check.parameters ?? {}).map(
    ([key, words]) => `- \`${keys[key as keyof typeof keys]}\`: ${words}.`,
  );
  return [
    `## ${name}`,
    check.promise,
    [`- **violated**: ${check.violated}`, `- **inconclusive**: ${check.inconclusive}`, ...parameters].join("\n"),
  ].join("\n\n");
}

const text = Object.entries<Check>(checks).map(section).join("\n\n");
if (process.env.UPDATE_DOCS) rewrite(path, { checks: `\n${text}\n` });

test("the page describes each check as the code does", () => expect(region(read(path), "checks")).toBe(text));
