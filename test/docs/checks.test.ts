// docs/checks.md: the description of each check, generated from the check. `UPDATE_DOCS=1` writes it.
import { expect, test } from "vitest";
import { type Check, checks } from "../internal/history.js";
import { brokenServices, faultOf } from "../support/broken-services.js";
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
const services = [
  "| service | fault | found by |\n|---|---|---|",
  ...brokenServices.map(
    ({ name, check }) => `| [${name}](../test/fixtures/broken/services/${name}.js) | ${faultOf(name)} | \`${check}\` |`,
  ),
].join("\n");

if (process.env.UPDATE_DOCS) rewrite(path, { checks: `\n${text}\n`, services: `\n${services}\n` });

test("the page describes each check as the code does", () => expect(region(read(path), "checks")).toBe(text));

test("the page has a row for each broken service", () => expect(region(read(path), "services")).toBe(services));
