// Merge keys (`<<: *defaults`) take mappings only: with anything else the parser would throw when its data is asked for.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit } from "yaml";
import type { Flaw } from "./yaml-flaw.js";

/** Looked at once it is known that every alias has its anchor. */
export function mergeFlaws(document: Document): Flaw[] {
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
