// Offsets in a text -> lines and columns.
import type { Span } from "./yaml-flaw.js";

export interface PlaceInText {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** Code units within the line, at least 1. */
  length: number;
  /** The line itself, without its end. */
  source: string;
}

export class TextLines {
  readonly text: string;
  /** The offset at which each line starts. */
  readonly #starts: number[];
  readonly #sources = new Map<number, string>();
  /** The last place worth pointing at: what is missing at the end is missing after the last word. */
  readonly #end: number;

  constructor(text: string) {
    this.text = text;
    this.#end = text.trimEnd().length;
    this.#starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  }

  /** Where a span begins, cut off at the end of its line. */
  place({ start, end }: Span): PlaceInText {
    const offset = Math.min(Math.max(0, start), this.#end);
    const index = this.#lineAt(offset);
    const from = this.#starts[index] ?? 0;
    const source = this.#source(index);
    const column = Math.min(offset - from, source.length) + 1;
    const length = Math.max(1, Math.min(end - offset, source.length - column + 1));
    return { line: index + 1, column, length, source };
  }

  /** Found once per line: a broken file can have as many problems as characters, all in one line. */
  #source(index: number): string {
    const known = this.#sources.get(index);
    if (known !== undefined) return known;
    const source = this.text.slice(this.#starts[index], this.#starts[index + 1]).replace(/\r?\n$|\r$/, "");
    this.#sources.set(index, source);
    return source;
  }

  #lineAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
