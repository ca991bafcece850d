// YAML's aliases are welcome, but a few lines of them can stand for gigabytes, or for themselves.
import { type Alias, type Document, isAlias, isCollection, isPair, type Node, visit } from "yaml";
import type { Flaw } from "./yaml-flaw.js";

const mostAliases = 100;

/** Far more than any scenario holds; merge keys are counted as if they were written out. */
const mostNodes = 20_000;

/** What is wrong with the document's aliases, if anything is. Looked at before any of them is followed. */
export function aliasTrouble(document: Document): Flaw | undefined {
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
