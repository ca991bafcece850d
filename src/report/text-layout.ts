// Text layout: sections in two columns, and text that fits a terminal.
import { createColors } from "picocolors";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { asOneLine } from "../common/control-characters.js";

export interface LayoutOptions {
  /** Columns; 80 if left out. */
  width?: number;
  color?: boolean;
}

export interface Item {
  /** A mark before the text; takes the tone in place of the text. */
  sign?: string;
  /** What stands before the text and is not wrapped with it: a table's first cells. */
  lead?: string;
  text: string;
  tone?: "good" | "bad" | "open" | "quiet";
  /** Stays in one line, whatever the width: a path that is to be copied. */
  whole?: true;
}

type Section = [label: string, items: readonly Item[]];

const labelWidth = 10;

/** Labelled sections in groups, with a blank line between groups. A section without items, and its label, are left out. */
export function layout(groups: readonly (readonly Section[])[], { width = 80, color = false }: LayoutOptions): string {
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

/**
 * Text from the wire or from a file on one line: control characters, which could steer the terminal, are shown
 * escaped, and a long text is cut.
 */
export function plain(value: string | number, longest = 160): string {
  const text = String(value);
  if (text.length <= longest && usual.test(text)) return text;
  const shown = [...text];
  return shown.length > longest ? `${asOneLine(shown.slice(0, longest).join(""))}…` : asOneLine(shown.join(""));
}

/** Nearly every text: nothing in it is escaped. */
const usual = /^[\x20-\x7e]*$/;

/** A person's prose as one paragraph, uncut; a scenario file breaks its lines where it likes. */
export function prose(text: string): string {
  return plain(text.replace(/\s+/g, " ").trim(), Number.POSITIVE_INFINITY);
}

/** Columns a text takes up; an emoji takes two. */
export function columns(text: string): number {
  return stringWidth(text);
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** A text as lines no wider than `width`, though never narrower than a word or two. */
export function fold(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(10, width), { hard: true }).split("\n");
}

/** A text as one line no wider than `width`. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let end = "";
  for (const character of text) {
    if (columns(end + character) > width - 1) break;
    end += character;
  }
  return `${end}…`;
}

/** `250 ms` as seconds with two digits: `0.25 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Three figures say all that a latency can. */
export const rounded = (ms: number): number => Number(ms.toPrecision(3));

/** `a, b and c`; a long list is cut short: `a, b, c, d, e and 7 more`. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.length > most + 1 ? [...names.slice(0, most), `${names.length - most} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
