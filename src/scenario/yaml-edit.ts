// Changes one value of a YAML text in its place: comments, order and line numbers stay, because people read the result.
import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isMap,
  isScalar,
  type Node,
  parseDocument,
  type Range,
  stringify,
  type YAMLMap,
} from "yaml";
import { readYaml } from "./yaml-document.js";
import { follow, type Keys, pairOf, type Reached } from "./yaml-path.js";

/** @throws InvalidInput */
export function setInText(text: string, path: string, value: unknown): string {
  // What is wrong with a text is told when it is read.
  if (readYaml(text).flaws.length > 0) return text;
  const document = parseDocument(text, { merge: true });
  if (!isMap(document.contents)) return text;
  const reached = follow(document.contents, path);
  const keys = [...reached.there, ...reached.missing];
  const edited = editOf(text, reached, value);
  const read = parseDocument(edited, { merge: true });
  if (read.errors.length === 0 && isDeepStrictEqual(plainAt(read, keys), value)) return edited;
  // Anchors, tags and the like: the parser writes the whole text anew.
  document.setIn(keys, value);
  return document.toString({ lineWidth: 0 });
}

/** Takes a key of the file out, and leaves its lines empty. */
export function withoutKey(text: string, key: string): string {
  const document = parseDocument(text);
  const pair = isMap(document.contents) ? pairOf(document.contents, key) : undefined;
  const start = rangeOf(pair?.key)?.[0];
  if (pair === undefined || start === undefined || document.errors.length > 0) return text;
  const end = rangeOf(pair.value)?.[1] ?? rangeOf(pair.key)?.[1] ?? start;
  const edited = replaced(text, start, end, "");
  const read = parseDocument(edited, { merge: true });
  if (read.errors.length === 0 && !read.hasIn([key])) return edited;
  document.deleteIn([key]);
  return document.toString({ lineWidth: 0 });
}

const rangeOf = (node: unknown): Range | undefined => (node as Node | undefined)?.range ?? undefined;

const plainAt = (document: Document, keys: Keys) => {
  const found = document.getIn(keys, true);
  return isScalar(found) ? found.value : ((found as Node | undefined)?.toJS(document) as unknown);
};

function editOf(text: string, { node, key, missing }: Reached, value: unknown): string {
  const [first, ...deeper] = missing;
  const nested = deeper.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  if (first !== undefined && isMap(node) && node.range)
    return inserted(text, node, `${flow(first)}: ${flow(nested)}`);
  const whole = first === undefined ? value : { [first]: nested };
  const range = rangeOf(node);
  if (range && range[1] > range[0]) return replaced(text, range[0], range[1], flow(whole));
  const after = range?.[0] ?? rangeOf(key)?.[1] ?? text.length;
  const colon = text.indexOf(":", rangeOf(key)?.[1] ?? after) + 1;
  return `${text.slice(0, colon)} ${flow(whole)}${text.slice(colon)}`;
}

/** As the first of a mapping; at the end of the file where that is the mapping, so that no line moves. */
function inserted(text: string, map: YAMLMap, entry: string): string {
  const start = (map.range as Range)[0];
  if (map.flow) {
    const rest = map.items.length > 0 ? `${entry}, ` : `${entry} `;
    return `${text.slice(0, start + 1)} ${rest}${text.slice(start + 1).trimStart()}`;
  }
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indent = " ".repeat(start - lineStart);
  if (indent === "") return `${text.replace(/\n*$/, "\n")}${entry}\n`;
  return `${text.slice(0, start)}${entry}\n${indent}${text.slice(start)}`;
}

/** With as many line ends as it had, so that what follows keeps its line. */
function replaced(text: string, start: number, end: number, by: string): string {
  const old = text.slice(start, end);
  const kept = old.trimEnd();
  const lineEnds = "\n".repeat(kept.split("\n").length - 1);
  return `${text.slice(0, start)}${by}${lineEnds}${old.slice(kept.length)}${text.slice(end)}`;
}

/** On one line, wherever it is put. */
const flow = (value: unknown) =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0, defaultStringType: "PLAIN", blockQuote: false })
    .trimEnd()
    .replace(/\n\s*/g, " ");
