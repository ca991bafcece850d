// Changes one value of a YAML text in its place: comments, order and line numbers stay, because people read the result.

import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Range,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { InvalidInputError } from "../protocol/errors.js";
import { readYaml } from "./yaml.js";

/** @throws InvalidInputError */
function setInText(text: string, path: string, value: unknown): string {
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

// How far a path such as `setup.ack_wait` leads into a YAML text, and what stands there.

type Keys = (string | number)[];

/** As far as the text goes along a path. */
interface Reached {
  /** The value there; null where the text has a key and nothing behind it. */
  node: Node | null;
  /** The key that it stands behind. */
  key: Node | undefined;
  /** The keys that lead there, and those that the text does not have. */
  there: Keys;
  missing: string[];
}

const pairOf = (map: YAMLMap, key: string) =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key) as Pair | undefined;

/**
 * A key may have dots in it, such as `latency.lunches.p99`: the longest one that the text has counts, and one in quotes as it is.
 * @throws InvalidInputError where nothing can be set at its end.
 */
function follow(root: Node, path: string): Reached {
  const parts = partsOf(path);
  const reached: Reached = { node: root, key: undefined, there: [], missing: [] };
  let at = 0;
  while (at < parts.length) {
    const step = isMap(reached.node)
      ? intoMap(reached.node, parts.slice(at))
      : isSeq(reached.node)
        ? intoList(reached.node, (parts[at] as Part).name)
        : undefined;
    if (step === undefined) break;
    reached.node = step.node;
    reached.key = step.key;
    reached.there.push(step.name);
    at += step.parts;
  }
  reached.missing = parts.slice(at).map(({ name }) => name);
  requirePlace(reached, path);
  return reached;
}

function intoMap(map: YAMLMap, parts: readonly Part[]) {
  const quoted = parts.findIndex((part) => part.quoted);
  const most = quoted < 0 ? parts.length : Math.max(1, quoted);
  for (let n = most; n > 0; n--) {
    const name = parts
      .slice(0, n)
      .map((part) => part.name)
      .join(".");
    const pair = pairOf(map, name);
    if (pair) return { name, parts: n, key: pair.key as Node, node: (pair.value ?? null) as Node | null };
  }
  return undefined;
}

function intoList(list: YAMLSeq, part: string) {
  const name = Number(part);
  const item = list.items[name];
  return item === undefined ? undefined : { name, parts: 1, key: undefined, node: item as Node };
}

/** Nothing can be set inside a text or a number, and nothing past the end of a list. */
function requirePlace({ node, there, missing }: Reached, path: string): void {
  if (missing.length === 0 || isMap(node) || isEmpty(node)) return;
  const where = there.join(".");
  if (isSeq(node))
    throw new InvalidInputError(
      `Cannot set ${path}: ${where} is a list of ${node.items.length} in the file, counted from 0, and has no ${missing[0]}.`,
    );
  throw new InvalidInputError(
    `Cannot set ${path}: ${where} is ${String(node)} in the file, not a mapping or a list.`,
  );
}

const isEmpty = (node: Node | null) => node === null || (isScalar(node) && node.value === null);

// The path of a setting: keys and positions with dots between them. A key that has a dot, a space or a = in it stands in quotes:
// `sweep."setup.ack_wait"`.

interface Part {
  name: string;
  /** It is one key, whatever is in it. */
  quoted: boolean;
}

const part = /"(?:[^"\\]|\\["\\])*"|'[^']*'|[^.=\s"'][^.=\s]*/.source;
const wholePath = new RegExp(`^(?:${part})(?:\\.(?:${part}))*$`, "s");
const parts = new RegExp(part, "gs");
/** A setting: what stands before the = that ends its path, and what stands after it. */
const setting = new RegExp(`^((?:${part})(?:\\.(?:${part}))*)=(.*)$`, "s");

/** What is no path, as a sweep may have it, is taken apart at its dots all the same: it leads nowhere. */
function partsOf(path: string): Part[] {
  if (!wholePath.test(path)) return path.split(".").map((name) => ({ name, quoted: false }));
  return (path.match(parts) ?? []).map((text) => ({ name: unquoted(text), quoted: /^["']/.test(text) }));
}

/** The same for each way to write one path. */
export const plainPath = (path: string): string =>
  partsOf(path)
    .map(({ name }) => name)
    .join(".");

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}

// Changes to a scenario file before it is read: `--set setup.ack_wait=2s`, and what a sweep goes through.

export interface Setting {
  /** Keys and positions with dots between them: `requesters.alice.timeout`, `timeline.0.request.count`, `sweep."setup.ack_wait"`. */
  path: string;
  value: unknown;
}

/** `setup.ack_wait=2s`; the value is read as YAML. @throws InvalidInputError */
export function parseSetting(text: string): Setting {
  const [, path, value] = setting.exec(text) ?? [];
  if (path === undefined || value === undefined)
    throw new InvalidInputError(
      `Expected a setting like setup.ack_wait=2s (a key with a dot, a space or = in it stands in quotes: sweep."setup.ack_wait"), got ${JSON.stringify(text)}.`,
    );
  const document = parseDocument(value);
  if (document.errors.length > 0)
    throw new InvalidInputError(`Expected ${path} to be set to a YAML value, got ${JSON.stringify(value)}.`);
  return { path, value: document.toJS() };
}

/** As a table and a message name it: `setup.ack_wait=2s`. */
export const settingText = ({ path, value }: Setting) =>
  `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`;

/**
 * The text with the settings in it; what they do not touch stays as it is written. A text that is no YAML comes back as
 * it is.
 * @throws InvalidInputError where a path leads into a text or a number, or past the end of a list
 */
export function applySettings(text: string, settings: readonly Setting[]): string {
  return settings.reduce((now, { path, value }) => setInText(now, path, value), text);
}
