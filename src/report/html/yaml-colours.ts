// YAML colours: the lines of a scenario file in pieces, each a key, a text, another value, or a comment.
import { isScalar, type ParsedNode, parseDocument, Scalar, visit } from "yaml";
import { plain } from "../text-layout.js";

type Kind = "key" | "text" | "value" | "comment";

interface ColouredLine {
  /** Spaces at its beginning. */
  indent: number;
  /** Without a kind: punctuation and spaces. Harmless text. */
  pieces: { kind?: Kind; text: string }[];
}

interface Span {
  from: number;
  to: number;
  kind: Kind;
}

/** Longer lines are cut. */
const mostLetters = 2000;

/** A file that is no YAML has no colours but those of what could be read. */
export function colouredLines(text: string): ColouredLine[] {
  const spans = [...valuesOf(text)];
  let next = 0;
  let at = 0;
  return text.split("\n").map((line) => {
    const [from, to] = [at, at + Math.min(mostLetters, line.replace(/\r$/, "").length)];
    at += line.length + 1;
    const pieces: ColouredLine["pieces"] = [];
    const put = (begin: number, end: number, kind?: Kind) => {
      if (end > begin) pieces.push({ kind, text: plain(text.slice(begin, end), mostLetters) });
    };
    let done = from;
    while (next < spans.length && (spans[next] as Span).to <= from) next++;
    for (let i = next; i < spans.length && (spans[i] as Span).from < to; i++) {
      const span = spans[i] as Span;
      put(done, Math.max(done, span.from));
      put(Math.max(done, span.from), Math.min(to, span.to), span.kind);
      done = Math.max(done, Math.min(to, span.to));
    }
    put(done, to);
    return { indent: /^ */.exec(line)?.[0].length ?? 0, pieces };
  });
}

/** In the order of the file, none in another. */
function valuesOf(text: string): Span[] {
  const spans: Span[] = [];
  const add = (node: unknown, kind: Kind) => {
    const range = (node as ParsedNode | null)?.range;
    if (range) spans.push({ from: range[0], to: range[1], kind });
  };
  try {
    visit(parseDocument(text, { logLevel: "silent" }), {
      Pair: (_, { key }) => add(key, "key"),
      Scalar: (place, node) => {
        if (place === "key" || !isScalar(node)) return;
        const isText = typeof node.value === "string" && !(node.type === Scalar.PLAIN && /^[<>=\d~]/.test(node.value));
        add(node, isText ? "text" : "value");
      },
    });
  } catch {
    return [];
  }
  spans.sort((a, b) => a.from - b.from);
  return withComments(text, spans);
}

/** A `#` at the beginning of a line or after a space, outside of every value, begins a comment. */
function withComments(text: string, values: readonly Span[]): Span[] {
  const comments: Span[] = [];
  let next = 0;
  for (const { index } of text.matchAll(/(?<=^|[ \t])#/gm)) {
    while (next < values.length && (values[next] as Span).to <= index) next++;
    const value = values[next];
    if ((value && value.from <= index) || index < (comments.at(-1)?.to ?? 0)) continue;
    const end = text.indexOf("\n", index);
    comments.push({ from: index, to: end < 0 ? text.length : end, kind: "comment" });
  }
  return [...values, ...comments].sort((a, b) => a.from - b.from);
}
