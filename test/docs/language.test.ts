// docs/scenarios.md: every key of the schema, with runnable examples. `npm run docs` writes the page.
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

/** Escapes `<` outside code spans: inside them, Markdown prints an entity as it is. */
const cell = (text: string) =>
  text
    .replaceAll("|", "\\|")
    .split("`")
    .map((part, i) => (i % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
/** Inside a code span only the column separator needs an escape. */
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

/** The path of a mapping, as in `requesters.<name>` or `timeline[].request`. */
function title({ path }: Part): string {
  if (path.length === 0) return "The file";
  if (path.join(".") === "timeline.*") return "A step of the timeline";
  const text = path.join(".").replace(/^(timeline|check)\.\*/, "$1[]");
  return `\`${text.replaceAll("*", "<name>")}\``;
}

const reference = parts.map(section).join("\n\n");
if (process.env.UPDATE_DOCS) rewrite(path, { keys: `\n${reference}\n` });

test("the page has every key of the schema", () => {
  expect(region(read(path), "keys")).toBe(reference);
});

test("the page has every kind of expectation, and the parser accepts each", () => {
  const page = read(path);
  const section = page.slice(page.indexOf("## What can be expected"), page.indexOf("## Several runs"));
  const looks = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, one]) => [one, parseMetric(one as string)?.kind]);
  const kinds: Metric["kind"][] = [
    "outcome",
    "whereabouts",
    "events",
    "duration",
    "latency",
    "stream",
    "replica",
    "consumer",
    "advisory",
  ];
  expect(looks.map(([, kind]) => kind)).toEqual(kinds);
  expect(section).toContain(whereaboutsWords.map((word) => `\`${word}\``).join(", "));
  for (const word of [...streamFields, ...consumerFields, ...advisoryKinds]) expect(section).toContain(word);
});

test("every key has a description", () => {
  const silent = parts.flatMap((part) =>
    part.keys.filter(({ description }) => !description).map(({ name }) => [...part.path, name].join(".")),
  );
  expect(silent).toEqual([]);
});

test("every key has an example in language-examples.ts", () => {
  const missing = parts.flatMap((part) =>
    part.keys.filter((key) => example(part, key) === undefined).map(({ name }) => [...part.path, name].join(".")),
  );
  expect(missing).toEqual([]);
});

test("the examples come from valid files, and each is YAML with its key", () => {
  for (const text of texts) expect(parseScenario(text, "x.yaml").diagnostics).toEqual([]);
  for (const part of parts)
    for (const key of part.keys) expect(Object.keys(parse(example(part, key) ?? ""))).toEqual([key.name]);
});

const blocks = [...read(path).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const experiments = blocks.filter((text) => /^scenario:/m.test(text));

test("the experiment of the tutorial has 15 lines and holds", async () => {
  const [text = ""] = experiments;
  expect(text.trimEnd().split("\n")).toHaveLength(15);
  const { result } = await play(text);
  expect(result).toMatchObject({ verdict: "held" });
});

test("every experiment on the page is a valid scenario", () => {
  expect(experiments.length).toBeGreaterThan(1);
  for (const text of experiments) expect(parseScenario(text, "x.yaml").diagnostics).toEqual([]);
});
