// Registry of reports: the name of each, its file, and its text of a run.
import type { Run } from "../history/result.js";
import { html, type PageOptions } from "./html/page.js";
import { json } from "./json.js";
import { junit } from "./junit.js";
import { markdown } from "./markdown.js";
import { mermaid } from "./mermaid.js";
import { runPage } from "./page-names.js";
import { type TerminalOptions, terminal } from "./terminal.js";

export { renderStory, Story, type StoryOptions } from "./story-layout.js";
export type { TerminalOptions } from "./terminal.js";

/** Pure: the same run and options give the same text. A reporter ignores the options that it has no use for. */
type Reporter = (run: Run, options?: TerminalOptions & PageOptions) => string;

export const reports = {
  terminal: { file: "report.txt", render: (run: Run) => terminal(run, { story: true }) },
  json: { file: "result.json", render: json },
  junit: { file: "junit.xml", render: junit },
  mermaid: { file: "sequence.mmd", render: mermaid },
  markdown: { file: "summary.md", render: markdown },
  html: { file: runPage, render: html },
} satisfies Record<string, { file: string; render: Reporter }>;

export type ReportName = keyof typeof reports;
export const reportNames = Object.keys(reports) as ReportName[];

/** What a command prints. */
export const reporters = { terminal, json } satisfies Record<string, Reporter>;
