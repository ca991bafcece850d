// docs/scenarios.md has every key of a scenario file as the schema has it, and its examples can be run. A stale page goes
// red; `npm run docs` writes it anew.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { advisoryKinds, whereaboutsWords } from "../internal/history.js";
import {
  consumerFields,
  type Metric,
  parseMetric,
  parseScenario,
  scenarioFile,
  streamFields,
} from "../internal/scenario.js";
import { play } from "../support/scenario.js";
import { exampleOf, exampleTexts } from "./language-examples.js";
import { type Key, type Part, partsOf } from "./language-keys.js";
import { read, region, rewrite, table } from "./page.js";

const path = "docs/scenarios.md";
const parts = partsOf(scenarioFile);
const texts = await exampleTexts();
const example = (part: Part, key: Key) => exampleOf(texts, [...part.path, key.name]);

/** Inside `code` Markdown shows an entity as it is written. */
const cell = (text: string) =>
  text
    .replaceAll("|", "\\|")
    .split("`")
    .map((part, i) => (i % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
/** Inside a code span only the table's own sign matters. */
const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

function section(part: Part): string {
  const rows = part.keys.map((key) => [
    code(key.name),
    cell(key.holds),
    key.required ? "required" : key.byDefault === undefined ? "" : code(key.byDefault),
    cell(key.description ?? ""),
    code(example(part, key) ?? ""),
  ]);
  return `### ${title(part)}\n\n${table(["key", "holds", "default", "meaning", "example"], rows)}`;
}

/** As one would point at it: `requesters.<name>`, `timeline[].request`. */
function title({ path }: Part): string {
  if (path.length === 0) return "The file";
  if (path.join(".") === "timeline.*") return "A step of the timeline";
  const text = path.join(".").replace(/^(timeline|check)\.\*/, "$1[]");
  return `\`${text.replaceAll("*", "<name>")}\``;
}

const reference = parts.map(section).join("\n\n");
if (process.env.UPDATE_DOCS) rewrite(path, { keys: `\n${reference}\n` });

test("the page has every key as the schema has it", () => {
  expect(region(read(path), "keys")).toBe(reference);
});

test("the page has every kind of thing that can be expected, and each can be", () => {
  const page = read(path);
  const section = page.slice(page.indexOf("## What can be expected"), page.indexOf("## Several runs"));
  const looks = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, one]) => [
    one,
    parseMetric(one as string)?.kind,
  ]);
  const kinds: Metric["kind"][] = [
    "outcome",
    "whereabouts",
    "events",
    "duration",
    "latency",
    "stream",
    "consumer",
    "advisory",
  ];
  expect(looks.map(([, kind]) => kind)).toEqual(kinds);
  expect(section).toContain(whereaboutsWords.map((word) => `\`${word}\``).join(", "));
  for (const word of [...streamFields, ...consumerFields, ...advisoryKinds]) expect(section).toContain(word);
});

test("every key says what it is for", () => {
  const silent = parts.flatMap((part) =>
    part.keys.filter(({ description }) => !description).map(({ name }) => [...part.path, name].join(".")),
  );
  expect(silent).toEqual([]);
});

test("every key has an example: write one into language-examples.ts", () => {
  const missing = parts.flatMap((part) =>
    part.keys
      .filter((key) => example(part, key) === undefined)
      .map(({ name }) => [...part.path, name].join(".")),
  );
  expect(missing).toEqual([]);
});

test("the examples come from files that can be run, and can be read by themselves", () => {
  for (const text of texts) expect(parseScenario(text, "x.yaml").diagnostics).toEqual([]);
  for (const part of parts)
    for (const key of part.keys) expect(Object.keys(parse(example(part, key) ?? ""))).toEqual([key.name]);
});

const blocks = [...read(path).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const experiments = blocks.filter((text) => /^scenario:/m.test(text));

test("the experiment of the tutorial has 15 lines, and holds", async () => {
  const [text = ""] = experiments;
  expect(text.trimEnd().split("\n")).toHaveLength(15);
  const { result } = await play(text);
  expect(result).toMatchObject({ verdict: "held" });
});

test("so can every other experiment on the page", () => {
  expect(experiments.length).toBeGreaterThan(1);
  for (const text of experiments) expect(parseScenario(text, "x.yaml").diagnostics).toEqual([]);
});
