// docs/conformance.md: its tables, generated from the registry of promises and from the measured results. `UPDATE_DOCS=1` writes them.
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import {
  badge,
  badgeMarkdown,
  orderKinds,
  promiseFile,
  promisesOf,
  type Role,
  roles,
} from "../internal/conformance.js";
import { loadScenario } from "../internal/scenario.js";
import { fenced, read, region, regions, rewrite, table } from "./page.js";

const path = "docs/conformance.md";

interface Measured {
  service: string;
  role: Role;
  server: string;
  counts: Record<"kept" | "broken" | "not shown", number>;
  states: Record<string, string>;
}

const measured: Measured[] = JSON.parse(read("docs/conformance.json"));

async function promisesTable(role: Role): Promise<string> {
  const rows = Object.entries(promisesOf(role)).map(async ([name, { page, optional }]) => {
    const { answer, text } = await loadScenario(promiseFile(role, name));
    const kinds = Object.keys(orderKinds).filter((kind) => text.includes(`order-${kind}`) && kind !== "unknown");
    const needs = [optional && "optional", ...kinds.map((kind) => `order \`${kind}\``)].filter(Boolean).join(", ");
    return [`\`${name}\``, `[${answer.trim().replace(/\.$/, "")}](${page})`, needs];
  });
  return table(["promise", "what is judged", "needs"], await Promise.all(rows));
}

function measuredTable(role: Role): string {
  const services = measured.filter((one) => one.role === role);
  const mark = { kept: "✔", broken: "✘" } as Record<string, string>;
  const counts = services.map(({ counts }) => `${counts.kept} / ${counts.broken} / ${counts["not shown"]}`);
  const rows = Object.keys(promisesOf(role)).map((name) => [
    `\`${name}\``,
    ...services.map(({ states }) => mark[states[name] ?? ""] ?? "–"),
  ]);
  return table(
    [`nats-server ${services[0]?.server}`, ...services.map(({ service }) => service)],
    [["**kept / broken / not shown**", ...counts], ...rows],
  );
}

const texts: Record<string, string> = {
  orders: table(
    ["kind", "the service", "default"],
    Object.entries(orderKinds).map(([kind, words]) => [
      `\`${kind}\``,
      words,
      { ok: "`order-sandwich`", unknown: "`order-unknown`" }[kind] ?? "none",
    ]),
  ),
};
for (const role of roles) texts[role] = await promisesTable(role);
texts.measured = roles.map(measuredTable).join("\n\n");

if (process.env.UPDATE_DOCS) rewrite(path, texts);

test("the page has exactly the generated regions", () => {
  expect(regions(read(path))).toEqual(Object.keys(texts));
});

test.each(Object.keys(texts))("%s is up to date", (name) => expect(region(read(path), name)).toBe(texts[name]));

test.each(roles)("each promise of a %s has a file of its name, with an external actor", async (role) => {
  const names = Object.keys(promisesOf(role));
  const files = readdirSync(dirname(promiseFile(role, "any")));
  expect(files.sort()).toEqual(names.map((name) => `${name}.yaml`).sort());
  for (const name of names) {
    const scenario = await loadScenario(promiseFile(role, name));
    const actors = [...Object.values(scenario.requesters), ...Object.values(scenario.responders)];
    expect([scenario.name, actors.some(({ kind }) => kind === "external")]).toEqual([name, true]);
  }
});

test("every service was measured with each promise of its role", () => {
  for (const { service, role, states } of measured)
    expect([service, Object.keys(states).sort()]).toEqual([service, Object.keys(promisesOf(role)).sort()]);
});

test("the badges on the page are those that the command writes", () => {
  const report = { role: "responder", counts: { kept: 28, broken: 0, "not shown": 9 } } as const;
  expect(read(path)).toContain(fenced("json", JSON.stringify(badge(report))));
  expect(read(path)).toContain(fenced("md", badgeMarkdown(report)));
});
