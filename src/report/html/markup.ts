// Text becomes markup in this one place: whatever is put into a template is escaped, unless it is markup already.
import { plain } from "../text.js";

/** Text that is safe to be written as it stands. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | string | number | undefined | readonly Piece[];

/** HTML or SVG. Holes are escaped for text and for quoted attributes; lists are joined; undefined is nothing. */
export function markup(parts: TemplateStringsArray, ...holes: Piece[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + written(holes[i - 1]) + part));
}

function written(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(written).join("");
  return escaped(String(piece));
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text from the wire: escaped, without control characters, and cut where nobody would read on. */
export function shown(value: string | number, longest = 160): string {
  return plain(value, longest);
}

/** Text for the script to compare, exactly: no character of it means anything in markup or in a URL, or is unseen. */
export function encoded(text: string): string {
  // An unpaired surrogate has no encoding: it becomes the replacement character, as it does in the file.
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
}
