// Settings: values that `--set` or a sweep puts into a scenario file before it is validated.
import { type Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from "yaml";
import { InvalidInputError } from "../protocol/errors.js";
import type { Path } from "./diagnostic.js";

export interface Setting {
  /**
   * Keys and positions with dots between them: `requesters.alice.timeout`, `timeline.0.request.count`. A key with a dot, a space
   * or a = in it stands in quotes: `sweep."setup.ack_wait"`.
   */
  path: string;
  /** `undefined` removes the key. */
  value: unknown;
}

const key = /"(?:[^"\\]|\\["\\])*"|'[^']*'|[^.=\s"'][^.=\s]*/.source;
const wholePath = new RegExp(`^(?:${key})(?:\\.(?:${key}))*$`, "s");
const allKeys = new RegExp(key, "gs");
/** The path before the = that ends it, and the value after it. */
const wholeSetting = new RegExp(`^((?:${key})(?:\\.(?:${key}))*)=(.*)$`, "s");

/** `setup.ack_wait=2s`; the value is read as YAML. @throws InvalidInputError */
export function parseSetting(text: string): Setting {
  const [, path, value] = wholeSetting.exec(text) ?? [];
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

/** The same text for each way to write one path. */
export const plainPath = (path: string): string => nameOf(partsOf(path));

interface Applied {
  /** Of the value in the document. */
  keys: Path;
  /** How many of them, at the end, the document did not have. */
  added: number;
}

/**
 * Changes the document.
 * @throws InvalidInputError if the path leads into a text or a number, or past the end of a list.
 */
export function applySetting(document: Document, { path, value }: Setting): Applied {
  const { node, found, missing } = follow(document.contents, path);
  const keys = [...found, ...missing];
  if (value === undefined) document.deleteIn(keys);
  else {
    // `setIn` adds no key to an empty value: the value becomes a mapping.
    const added = isMap(node) ? missing.slice(1) : missing;
    const nested = added.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    document.setIn(keys.slice(0, keys.length - added.length), document.createNode(nested));
  }
  return { keys: keys.map(String), added: missing.length };
}

interface Part {
  name: string;
  /** One key, with its dots. */
  quoted: boolean;
}

const nameOf = (parts: readonly Part[]) => parts.map(({ name }) => name).join(".");

/** A path of a sweep that is none is split at its dots: it leads to no value. */
function partsOf(path: string): Part[] {
  if (!wholePath.test(path)) return path.split(".").map((name) => ({ name, quoted: false }));
  return (path.match(allKeys) ?? []).map((text) => ({ name: unquoted(text), quoted: /^["']/.test(text) }));
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}

/** How far the document goes along a path. */
interface Reached {
  /** The value there; null for a key without a value. */
  node: unknown;
  /** The document's own keys that lead there, and the names that it does not have. */
  found: unknown[];
  missing: string[];
}

/** A key may have dots in it, such as `latency.lunches.p99`: the longest key that the document has counts. */
function follow(root: unknown, path: string): Reached {
  let [node, parts] = [root, partsOf(path)];
  const found: unknown[] = [];
  while (parts.length > 0) {
    const next = isMap(node) ? intoMap(node.items, parts) : intoList(node, parts);
    if (next === undefined) break;
    node = next.node;
    found.push(next.key);
    parts = parts.slice(next.parts);
  }
  const missing = parts.map(({ name }) => name);
  requirePlace({ node, found, missing }, path);
  return { node, found, missing };
}

function intoMap(items: readonly Pair[], parts: readonly Part[]) {
  const quoted = parts.findIndex((part) => part.quoted);
  for (let n = quoted < 0 ? parts.length : Math.max(1, quoted); n > 0; n--) {
    const pair = items.find((pair) => keyText(pair) === nameOf(parts.slice(0, n)));
    if (pair) return { key: pair.key, node: pair.value as unknown, parts: n };
  }
  return undefined;
}

/** A key that a setting added is plain text. */
export const keyText = ({ key }: Pair) => String(isScalar(key) ? key.value : key);

function intoList(node: unknown, [part]: readonly Part[]) {
  const index = Number(part?.name);
  return isSeq(node) && index in node.items ? { key: index, node: node.items[index], parts: 1 } : undefined;
}

/** A text or a number takes no key, and a list no position past its end. */
function requirePlace({ node, found, missing }: Reached, path: string): void {
  if (missing.length === 0 || isMap(node) || node === null || (isScalar(node) && node.value === null)) return;
  const where = found.map((key) => (isScalar(key) ? key.value : key)).join(".");
  const what = isSeq(node)
    ? `a list of ${node.items.length} in the file, counted from 0, and has no ${missing[0]}`
    : `${String(node as Node)} in the file, not a mapping or a list`;
  throw new InvalidInputError(`Cannot set ${path}: ${where} is ${what}.`);
}
