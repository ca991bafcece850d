// Markdown report: a run for $GITHUB_STEP_SUMMARY, a comment on a pull request, or a page.
import { countsText } from "../history/counts.js";
import type { Run } from "../history/result.js";
import type { Verdict } from "../history/verdict.js";
import { mermaidBlock } from "./mermaid.js";
import { latencyLines } from "./terminal.js";
import { type TestCase, testCases } from "./test-cases.js";
import { plain, prose, seconds } from "./text-layout.js";

const marks: Record<Verdict, string> = { held: "✅", violated: "❌", inconclusive: "❔" };
/** A job's summary may take up 1 MiB in all (GitHub's limit), and a reader gives up long before. */
const mostRows = 50;

export function markdown(run: Run): string {
  const { result, failure } = run;
  const { reason, server } = result;
  const [mark, verdict] = failure === undefined ? [marks[result.verdict], result.verdict] : ["❗", "the run failed"];
  const all = testCases(run);
  // Where not all cases can be shown, those that did not hold come first.
  const shown = [...all].sort((a, b) => Number(a.verdict === "held") - Number(b.verdict === "held"));
  const rows = (all.length > mostRows ? shown : all).slice(0, mostRows).map(row);
  const more = all.length - rows.length;
  const blocks = [
    `### ${mark} ${escaped(result.scenario)}: ${verdict} after ${seconds(result.durationMs)}`,
    escaped(prose(result.question)),
    reason === undefined ? "" : `**${escaped(prose(reason))}**`,
    verdict === "held" ? `> ${escaped(prose(result.answer))}` : "",
    rows.length === 0 ? "" : ["| | expected | found |", "|---|---|---|", ...rows].join("\n"),
    more > 0 ? `and ${more} more` : "",
    latencyLines(result).map(escaped).join("<br>\n"),
    `${countsText(run.result.counts)}; nats-server ${escaped(plain(server.version))}, from ${escaped(plain(server.origin))}`,
    `<details><summary>What happened</summary>\n\n${mermaidBlock(run)}\n</details>`,
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n\n`;
}

function row({ verdict, title, detail, actual, knownLoss, kind, place }: TestCase): string {
  const loss = knownLoss ? ` is ${actual}, as expected` : "";
  const where = verdict === "held" || kind !== "expectation" ? "" : ` (${place})`;
  const found = verdict === "held" && kind === "expectation" ? "" : `${detail}${where}`;
  return `| ${marks[verdict]} | ${escaped(title + loss)} | ${escaped(found)} |`;
}

/** Text is text: nothing in it may become a table's cell, a tag, a link or emphasis. */
function escaped(text: string): string {
  return plain(text, Number.POSITIVE_INFINITY)
    .replace(/[\\`*_[\]|~#]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
