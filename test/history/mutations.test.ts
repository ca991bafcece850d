// Mutations of recorded histories: each is noticed, or there is a reason why it is of no consequence. docs/checks.md has the table;
// `UPDATE_DOCS=1` writes it.
import { expect, test } from "vitest";
import { read, region, rewrite, table } from "../docs/page.js";
import { harmless, mutations, noticedBy, recorded, recordedRuns } from "./mutations.js";

const path = "docs/checks.md";
const runs = recordedRuns.map(recorded);

const outcomes = mutations.map(({ name, apply }) => {
  const found = runs.flatMap((events) => {
    const after = apply(events);
    return after === undefined ? [] : [noticedBy(events, after)];
  });
  const by = [...new Set(found.flat())].map((one) => one.replace(/^[a-z]+-[a-z-]+/, (check) => `\`${check}\``));
  return { name, runs: found.length, noticed: found.filter((one) => one.length > 0).length, by };
});

const rows = outcomes.map(({ name, runs, noticed, by }) => [
  name,
  `${noticed} of ${runs}`,
  by.join(", "),
  noticed < runs ? (harmless[name] ?? "") : "",
]);
const text = table(["mutation", "noticed in", "by", "elsewhere of no consequence, because"], rows);
if (process.env.UPDATE_DOCS) rewrite(path, { mutations: `\n${text}\n` });

test("each mutation changes a run", () => {
  expect(mutations.length).toBeGreaterThanOrEqual(70);
  expect(outcomes.filter(({ runs }) => runs === 0)).toEqual([]);
});

test("a mutation goes unnoticed only if it is of no consequence, and no reason is given for one that is noticed", () => {
  const unnoticed = outcomes.filter(({ runs, noticed }) => noticed < runs).map(({ name }) => name);
  expect(unnoticed.sort()).toEqual(Object.keys(harmless).sort());
});

test("the page has a row for each mutation", () => expect(region(read(path), "mutations")).toBe(text));
