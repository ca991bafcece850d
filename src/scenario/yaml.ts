// YAML text -> plain data, and back from a path in that data to the place in the text.
import {
  type Alias,
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
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";

type Path = readonly (string | number)[];

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

// What the YAML parser found, in the words of somebody who writes a scenario.

/** Half-open, in UTF-16 code units of the text. */
export interface Span {
  start: number;
  end: number;
}

export interface Flaw {
  span: Span;
  message: string;
  hint?: string;
}

type Words = Pick<Flaw, "message" | "hint">;

const oneKey: Words = {
  message: "Expected one `key: value` here, got more",
  hint: 'a text with ": " in it needs quotes; or the next line is indented too far',
};

const inWords: Partial<Record<YAMLError["code"], Words>> = {
  TAB_AS_INDENT: { message: "Expected spaces, got a tab as indentation" },
  MULTIPLE_DOCS: { message: "Expected one scenario in a file, got a second YAML document" },
  RESOURCE_EXHAUSTION: { message: "Expected a scenario, got YAML that is nested too deeply" },
  BLOCK_AS_IMPLICIT_KEY: oneKey,
  MULTILINE_IMPLICIT_KEY: oneKey,
  BAD_SCALAR_START: { message: "Expected quotes around a text that begins like this" },
};

/** `>` and its like begin something else in YAML, which only quotes prevent: `server: ">=2.11"`. */
const quotes = 'put the text in quotes: ">=2.11"';

const exhausted = "RESOURCE_EXHAUSTION";

/**
 * Where the parser ran out of stack, and what it missed from there on, depends on who called it: such a file is told of
 * once, at its beginning.
 */
function flawsOf(errors: readonly YAMLError[]): Flaw[] {
  const tooDeep = errors.find(({ code }) => code === exhausted);
  return (tooDeep ? [tooDeep] : errors).map(flawOf);
}

function flawOf(error: YAMLError): Flaw {
  const [start, end] = error.code === exhausted ? [0, 1] : error.pos;
  const words = inWords[error.code] ?? { message: `Expected YAML: ${withoutSource(error.message)}` };
  const unquoted = /block scalar/i.test(error.message);
  return { span: { start, end: Math.max(start + 1, end) }, ...words, ...(unquoted && { hint: quotes }) };
}

/** The parser quotes what it stumbled over, which can be the rest of the file; the place is shown anyway. */
const withoutSource = (message: string) => message.replace(/: "[\s\S]*"$/, "");

// YAML's aliases are welcome, but a few lines of them can stand for gigabytes, or for themselves.

const mostAliases = 100;

/** Far more than any scenario holds; merge keys are counted as if they were written out. */
const mostNodes = 20_000;

/** What is wrong with the document's aliases, if anything is. Looked at before any of them is followed. */
function aliasTrouble(document: Document): Flaw | undefined {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const [first] = aliases;
  if (first === undefined) return undefined;
  if (aliases.length > mostAliases) return flaw(first, `Expected at most ${mostAliases} YAML aliases`);
  const lost = aliases.find((alias) => alias.resolve(document) === undefined);
  if (lost !== undefined) return flaw(lost, `Unknown YAML alias \`*${lost.source}\``, anchorHint(lost));
  const size = weigh(document.contents, document, new Map());
  if (size === Number.POSITIVE_INFINITY)
    return flaw(first, "Expected no YAML alias inside of what it stands for");
  return size > mostNodes ? flaw(first, "Expected YAML aliases that stand for less text") : undefined;
}

const anchorHint = ({ source }: Alias) =>
  `an anchor \`&${source}\` has to come first; a text that begins with * needs quotes`;

/** How many nodes there would be with every alias written out; infinite for one inside of itself. */
function weigh(node: unknown, document: Document, known: Map<unknown, number>): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  known.set(node, Number.POSITIVE_INFINITY);
  const weight = (part: unknown) => weigh(part, document, known);
  let size = 1;
  if (isAlias(node)) size += weight(node.resolve(document));
  else if (isPair(node)) size += weight(node.key) + weight(node.value);
  else if (isCollection(node)) for (const item of node.items) size += weight(item);
  known.set(node, size);
  return size;
}

function flaw(node: Node, message: string, hint?: string): Flaw {
  const [start, end] = node.range ?? [0, 0];
  return { span: { start, end }, message, ...(hint !== undefined && { hint }) };
}

// Merge keys (`<<: *defaults`) take mappings only: with anything else the parser would throw when its data is asked for.

/** Looked at once it is known that every alias has its anchor. */
function mergeFlaws(document: Document): Flaw[] {
  const flaws: Flaw[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (isMergeKey(pair) && !sourcesOf(document, pair.value).every(isMap)) flaws.push(flawAt(pair));
    },
  });
  return flaws;
}

/** The parser gives one of them a symbol, and a tab before the colon keeps another from it; a quoted one is a key. */
const isMergeKey = ({ key }: Pair) =>
  isScalar(key) && (typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN"));

function sourcesOf(document: Document, value: unknown): unknown[] {
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  const source = resolved(value);
  return isSeq(source) ? source.items.map(resolved) : [source];
}

function flawAt({ key }: Pair): Flaw {
  const [start, end] = (key as Node).range ?? [0, 0];
  return {
    span: { start, end },
    message: "Expected `<<` to take a mapping, or an alias of one",
    hint: 'a key or a text "<<" needs quotes',
  };
}

// Keys that would hide something: one that comes twice, and the one that JavaScript keeps for itself.

/** The parser's own search (`uniqueKeys`) takes a minute over a large file: it compares each key with all others. */
function keyFlaws(document: Document): Flaw[] {
  const flaws: Flaw[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items as Pair[]) {
        if (!isScalar(key) || typeof key.value === "symbol") continue;
        const name = String(key.value);
        const [start, end] = key.range ?? [0, 0];
        if (seen.has(name))
          flaws.push({ span: { start, end }, message: `Expected \`${name}\` only once here` });
        if (name === "__proto__") flaws.push({ span: { start, end }, message: `Unknown key \`${name}\`` });
        seen.add(name);
      }
    },
  });
  return flaws;
}
