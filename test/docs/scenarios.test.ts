// docs/scenarios/: one page per scenario, generated from its file and a recorded run. `npm run docs` writes the pages, and runs
// the scenarios that have changed since they were recorded.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import PQueue from "p-queue";
import { expect, test } from "vitest";
import { renderStory } from "../internal/report.js";
import { findScenarios, type Listed, loadScenario } from "../internal/scenario.js";
import { fenced, read, region, rewrite } from "./page.js";
import { recordedRun, recordRun } from "./recorded-run.js";
import { indexPage, picture, scenarioPage } from "./scenario-page.js";

const place = (page: string) => fileURLToPath(new URL(`../../docs/scenarios/${page}`, import.meta.url));
const scenarios = await findScenarios();

/** Every expected page and picture, by the name of its file. */
async function pages(): Promise<Map<string, string>> {
  const made = await Promise.all(scenarios.map(async (listed) => ({ listed, plan: await loadScenario(listed.file) })));
  const index = indexPage(made.map(({ listed, plan }) => ({ name: listed.name, question: plan.question })));
  return new Map([
    ["README.md", index],
    ...made.map(({ listed, plan }) => [`${listed.name}.md`, scenarioPage(listed, plan)] as const),
    ...made.map(({ listed }) => [`${listed.name}.svg`, picture(runOf(listed))] as const),
  ]);
}

function runOf(listed: Listed) {
  const run = recordedRun(listed);
  if (run === undefined) throw new Error(`No run of ${listed.name} as it is now is recorded: \`npm run docs\``);
  return run;
}

const onDisk = (folder: string, ...statuses: string[]) =>
  existsSync(place(folder))
    ? readdirSync(place(folder)).filter((name) => statuses.some((status) => name.endsWith(status)))
    : [];

if (process.env.UPDATE_DOCS) {
  const missing = scenarios.filter((listed) => recordedRun(listed) === undefined);
  // Two at a time: every run has a server of its own.
  const queue = new PQueue({ concurrency: 2 });
  const recorded = await Promise.allSettled(missing.map((listed) => queue.add(() => recordRun(listed))));
  for (const { reason } of recorded.filter((one) => one.status === "rejected")) console.error(reason.message);
  const wanted = await pages();
  for (const name of onDisk(".", ".md", ".svg")) if (!wanted.has(name)) rmSync(place(name));
  for (const name of onDisk("runs", ".ndjson")) {
    if (!wanted.has(name.replace(".ndjson", ".md"))) rmSync(place(`runs/${name}`));
  }
  for (const [name, text] of wanted) writeFileSync(place(name), text);
  rewrite("README.md", readmeRegions());
}

/** The story of offline-responder, up to the reply that alice collects. */
function readmeRegions(): Record<string, string> {
  const listed = scenarios.find(({ name }) => name === "offline-responder");
  if (listed === undefined) throw new Error("The README's scenario is gone.");
  const { events } = runOf(listed);
  const last = events.findIndex(({ type }) => type === "collected");
  return { story: fenced("", renderStory(events.slice(0, last + 1)).trimEnd()) };
}

test("every scenario has its page and its picture, and no other page exists", async () => {
  const wanted = await pages();
  expect(onDisk(".", ".md", ".svg").sort()).toEqual([...wanted.keys()].sort());
  for (const [name, text] of wanted) expect(read(`docs/scenarios/${name}`), name).toBe(text);
});

test("the README shows the story of offline-responder", () => {
  for (const [name, text] of Object.entries(readmeRegions())) {
    expect(region(read("README.md"), name)).toBe(text);
  }
});

test("no picture shows a generated id", () => {
  for (const listed of scenarios) {
    const run = runOf(listed);
    const named = run.result.requests.filter(({ as, request }) => as !== request);
    const text = readFileSync(listed.file, "utf8");
    const ids = named.map(({ request }) => request).filter((id) => !text.includes(id));
    const shown = picture(run);
    for (const id of ids) expect(shown).not.toContain(id);
  }
});
