// A page for each scenario: the question, a picture of a run, the answer, and the file.
import { readFileSync } from "node:fs";
import type { Run } from "../internal/history.js";
import { sequenceSvg } from "../internal/report.js";
import type { Listed, Scenario } from "../internal/scenario.js";
import { fenced, table } from "./page.js";

/** The picture of a run, for its page and for the README. */
export const picture = (run: Run) => sequenceSvg(run);

/** @param folder leads from the page to docs/scenarios/. */
export const shownPicture = (name: string, folder = "") =>
  `![What happened in ${name}: a sequence diagram](${folder}${name}.svg)`;

export function scenarioPage({ name, file }: Listed, { question, answer }: Scenario): string {
  return blocks(
    `# ${name}`,
    `**${prose(question)}**`,
    shownPicture(name),
    prose(answer),
    `\`npm run scenario ${name}\` runs [the file](../../scenarios/${name}.yaml):`,
    fenced("yaml", readFileSync(file, "utf8")),
    "[All scenarios](README.md)",
  );
}

export function indexPage(all: readonly { name: string; question: string }[]): string {
  const rows = all.map(({ name, question }) => [`[${name}](${name}.md)`, prose(question)]);
  return blocks(
    "# Scenarios",
    "Each scenario asks one question of a real nats-server. These pages are generated from the files in [scenarios/](../../scenarios) and from recorded runs; `npm run docs` writes them. [Scenario files](../scenarios.md) explains how to write one.",
    table(["scenario", "question"], rows),
  );
}

const prose = (text: string) => text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|").replaceAll("<", "&lt;");
const blocks = (...all: string[]) => `${all.join("\n\n")}\n`;
