// Sets labelled sections in two columns: the label once, its items beside it, each wrapped to the width.
import { createColors } from "picocolors";
import { columns, fold, pad } from "./text.js";

export interface Layout {
  /** Columns; 80 if left out. */
  width?: number;
  color?: boolean;
}

export type Tone = "good" | "bad" | "open" | "quiet";

export interface Item {
  /** A mark before the text; takes the tone in place of the text. */
  sign?: string;
  /** What stands before the text and is not wrapped with it: a table's first cells. */
  lead?: string;
  text: string;
  tone?: Tone;
  /** Stays in one line, whatever the width: a path that is to be copied. */
  whole?: true;
}

export type Section = [label: string, items: readonly Item[]];

const labelWidth = 10;

/** Groups of sections with a blank line between them. A section without items, and its label, are left out. */
export function layout(
  groups: readonly (readonly Section[])[],
  { width = 80, color = false }: Layout,
): string {
  const { bold, dim, green, red, yellow } = createColors(color);
  const paints = { good: green, bad: red, open: yellow, quiet: dim };
  const margin = " ".repeat(labelWidth);

  const itemLines = ({ sign = "", lead = "", text, tone, whole }: Item): string[] => {
    const paint = tone === undefined ? (s: string) => s : paints[tone];
    const indent = " ".repeat(columns(lead) + (sign === "" ? 0 : 2));
    // Terminals differ on whether a ✔ takes one column or two: there is room for two.
    const room = width - labelWidth - columns(sign === "" ? lead : `${sign} ${lead}`);
    const folded = (whole ? [text] : fold(text, room)).map(sign === "" ? paint : (s) => s);
    const start = sign === "" ? lead : `${paint(sign)} ${lead}`;
    return folded.map((line, i) => (i === 0 ? start : indent) + line);
  };
  const sectionLines = ([label, items]: Section): string[] => {
    const head = bold(pad(label, labelWidth));
    return items.flatMap(itemLines).map((line, i) => (i === 0 ? head : margin) + line);
  };
  const blocks = groups.map((group) => group.flatMap(sectionLines)).filter((lines) => lines.length > 0);
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
