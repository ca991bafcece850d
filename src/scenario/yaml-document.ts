// YAML text -> plain data, and back from a path in that data to the place in the text.
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { aliasTrouble } from "./yaml-alias.js";
import { type Flaw, flawsOf, type Span } from "./yaml-flaw.js";
import { keyFlaws } from "./yaml-keys.js";
import { mergeFlaws } from "./yaml-merge.js";

export type Path = readonly (string | number)[];

export interface YamlDocument {
  /** Plain data, or `undefined` where the flaws leave none to rely on. */
  value: unknown;
  flaws: Flaw[];
  /** The key or the value at `path`; where the path ends early (a missing key), what it ends in. */
  locate(path: Path, at: "key" | "value"): Span;
}

// With `logLevel: "silent"` the parser would pass over a second document without a word.
const options = {
  prettyErrors: false,
  merge: true,
  logLevel: "error",
  version: "1.2",
  uniqueKeys: false,
} as const;

/** Never throws. A repeated key leaves data to rely on; every other flaw does not. */
export function readYaml(text: string): YamlDocument {
  const document = parseDocument(text, options);
  const locate = (path: Path, at: "key" | "value") => spanOf(placeOf(document, path), at);
  const broken = flawsOf([...document.errors, ...document.warnings]);
  if (broken.length > 0) return { value: undefined, flaws: firstPerPlace(broken), locate };
  const trouble = aliasTrouble(document);
  if (trouble !== undefined) return { value: undefined, flaws: [trouble], locate };
  const merges = mergeFlaws(document);
  if (merges.length > 0) return { value: undefined, flaws: merges, locate };
  return { value: document.toJS({ maxAliasCount: -1 }), flaws: keyFlaws(document), locate };
}

/** The parser stumbles several times over one mistake: its first message is the one that helps. */
function firstPerPlace(flaws: Flaw[]): Flaw[] {
  return [...new Map([...flaws].reverse().map((flaw) => [flaw.span.start, flaw])).values()];
}

interface Place {
  key: unknown;
  value: unknown;
}

/** The deepest place on the path that the text has. */
function placeOf(document: Document, path: Path): Place {
  let place: Place = { key: undefined, value: document.contents };
  for (const part of path) {
    const node = target(document, place.value);
    const next = isMap(node)
      ? pairOf(document, node, part)
      : isSeq(node)
        ? { key: undefined, value: node.items[Number(part)] }
        : undefined;
    if (next === undefined || (next.key === undefined && next.value === undefined)) return place;
    place = next;
  }
  return place;
}

const target = (document: Document, node: unknown) => (isAlias(node) ? node.resolve(document) : node);

const keyText = (pair: Pair) => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key));

/** The parser gives a merge key a symbol for its value; a quoted "<<" is a key like any other. */
const isMerge = ({ key }: Pair) => isScalar(key) && typeof key.value === "symbol";

/** Kept per map: a large file with as many mistakes would be searched from the start for each. */
const indexes = new WeakMap<YAMLMap, Map<string, Pair>>();

function ownPairs(map: YAMLMap): Map<string, Pair> {
  const known = indexes.get(map);
  if (known !== undefined) return known;
  const index = new Map(map.items.map((pair) => [keyText(pair), pair]));
  indexes.set(map, index);
  return index;
}

/** The map's own pair, else one that a merge key (`<<: *defaults`) brings in. */
function pairOf(document: Document, map: YAMLMap, key: string | number): Pair | undefined {
  const own = ownPairs(map).get(String(key));
  if (own !== undefined) return own;
  for (const { value } of map.items.filter(isMerge)) {
    const merged = target(document, value);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const node = target(document, source);
      const found = isMap(node) ? pairOf(document, node, key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A mapping or a list is pointed at by its key, a step by its first key, and an empty value by its key. */
function spanOf({ key, value }: Place, at: "key" | "value"): Span {
  const [keySpan, valueSpan] = [rangeOf(key), rangeOf(value)];
  if (at === "key" && keySpan) return keySpan;
  const whole = !isCollection(value) && valueSpan !== undefined && valueSpan.end > valueSpan.start;
  if (whole) return valueSpan;
  const [first] = isCollection(value) ? value.items : [];
  const within = rangeOf(isPair(first) ? first.key : first);
  return keySpan ?? within ?? valueSpan ?? { start: 0, end: 0 };
}

function rangeOf(node: unknown): Span | undefined {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range ? { start: range[0], end: range[1] } : undefined;
}
