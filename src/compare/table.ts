// The comparison as text, in 80 columns: a block for each situation, a column for each strategy.
import { createColors } from "picocolors";
import { pad } from "../report/text-layout.js";
import { replyTone, requestTone, type Tone } from "./cell.js";
import { type ComparedCell, type Comparison, inWords, situations } from "./compare.js";

const label = 10;
const column = 14;

export function compareTable(comparison: Comparison, { color = false }: { color?: boolean } = {}): string {
  const { strategies, cells, server } = comparison;
  const { bold, red } = createColors(color);
  // What is lost stands out; the rest has the terminal's own colour.
  const painted = (text: string, tone: Tone) => (tone === "bad" ? red(text) : text);
  const blocks = comparison.situations.map((situation) => {
    const row = strategies.map((strategy) =>
      cells.find((cell) => cell.situation === situation && cell.strategy === strategy),
    ) as ComparedCell[];
    const lines: [head: string, textOf: (cell: ComparedCell) => string][] = [
      ["  request", (cell) => painted(cell.request, requestTone(cell))],
      ["  effect", (cell) => times(cell.effect)],
      ["  reply", (cell) => painted(replyText(cell), replyTone(cell))],
    ];
    return [bold(situations[situation]), ...lines.map(([head, textOf]) => line(head, row.map(textOf)))].join("\n");
  });
  return [`nats-server ${server.version}`, line("", strategies), ...blocks, ...differing(cells)]
    .join("\n\n")
    .concat("\n");
}

const line = (head: string, texts: readonly string[]): string =>
  (pad(head, label) + texts.map((text) => pad(text, column)).join("")).trimEnd();

export const times = (effect: number) => ["none", "once", "twice"][effect] ?? `${effect} times`;

/** A cell that is not what is known of it has a mark. */
export function replyText({ reply, copies, asExpected }: ComparedCell): string {
  return `${reply}${copies > 1 ? ` ×${copies}` : ""}${asExpected ? "" : " ✘"}`;
}

function differing(cells: readonly ComparedCell[]): string[] {
  const wrong = cells.filter(({ asExpected }) => !asExpected);
  if (wrong.length === 0) return [];
  const lines = wrong.flatMap((cell) => [
    `✘ ${cell.situation} with ${cell.strategy}`,
    `    expected ${inWords(cell.expected)}`,
    `    was      ${inWords(cell)}`,
    ...cell.unmet.map((what) => `    unmet    ${what}`),
    `    history  ${cell.history}`,
  ]);
  return [lines.join("\n")];
}
