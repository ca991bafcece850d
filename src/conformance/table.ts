// The promises as text, in 80 columns, and the badge of a report.
import { createColors } from "picocolors";
import { fold, seconds } from "../report/text-layout.js";
import type { ConformanceReport, JudgedPromise, PromiseState } from "./conformance.js";

const signs: Record<PromiseState, string> = { kept: "✔", broken: "✘", "not shown": "–" };
const label = 13;

export function conformanceTable(report: ConformanceReport, { color = false, width = 80 } = {}): string {
  const { role, server, promises, durationMs } = report;
  const { red, green, dim, bold } = createColors(color);
  const painted = { kept: green, broken: red, "not shown": dim };
  const rows = promises.map((one) => {
    const head = painted[one.state](`${signs[one.state]} ${one.state.padEnd(label - 2)}`);
    return [`${head}${one.promise}`, ...more(one, width)].join("\n");
  });
  const where = server ? ` on nats-server ${server.version}` : "";
  return `${[bold(`Promises of a ${role}${where}`), rows.join("\n"), `${summary(report)} in ${seconds(durationMs)}`].join("\n\n")}\n`;
}

/** Of a promise that is not kept: its sentence, why, and where to look. */
function more({ state, text, reason = "", page, history }: JudgedPromise, width: number): string[] {
  if (state === "kept") return [];
  const lines = state === "broken" ? [text, reason, `docs/${page}`] : [reason];
  if (history) lines.push(`jsrr check ${history}`);
  return lines
    .flatMap((one) => (one.startsWith("jsrr") ? [one] : fold(one, width - label)))
    .map((one) => " ".repeat(label) + one);
}

export function summary({ counts }: Pick<ConformanceReport, "counts">): string {
  return `${counts.kept} kept, ${counts.broken} broken, ${counts["not shown"]} not shown`;
}

/** What https://shields.io/badges/endpoint-badge draws. */
export function badge({ role, counts }: Pick<ConformanceReport, "role" | "counts">) {
  const shown = counts.kept + counts.broken;
  const color = counts.broken > 0 ? "red" : counts.kept > 0 ? "brightgreen" : "lightgrey";
  return { schemaVersion: 1, label: `jsrr ${role}`, message: `${counts.kept} of ${shown} promises kept`, color };
}

/** The badge as an image in Markdown. */
export function badgeMarkdown(report: Pick<ConformanceReport, "role" | "counts">): string {
  const { label, message, color } = badge(report);
  const part = (text: string) => encodeURIComponent(text.replaceAll("-", "--").replaceAll("_", "__"));
  return `![${label}: ${message}](https://img.shields.io/badge/${part(label)}-${part(message)}-${color})`;
}
