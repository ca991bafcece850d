// How far a path such as `setup.ack_wait` leads into a YAML text, and what stands there.
import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import { InvalidInput } from "../protocol/errors.js";
import { type Part, partsOf } from "./setting-path.js";

export type Keys = (string | number)[];

/** As far as the text goes along a path. */
export interface Reached {
  /** The value there; null where the text has a key and nothing behind it. */
  node: Node | null;
  /** The key that it stands behind. */
  key: Node | undefined;
  /** The keys that lead there, and those that the text does not have. */
  there: Keys;
  missing: string[];
}

export const pairOf = (map: YAMLMap, key: string) =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key) as Pair | undefined;

/**
 * A key may have dots in it, such as `latency.lunches.p99`: the longest one that the text has counts, and one in quotes as it is.
 * @throws InvalidInput where nothing can be set at its end.
 */
export function follow(root: Node, path: string): Reached {
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
    throw new InvalidInput(
      `Cannot set ${path}: ${where} is a list of ${node.items.length} in the file, counted from 0, and has no ${missing[0]}.`,
    );
  throw new InvalidInput(
    `Cannot set ${path}: ${where} is ${String(node)} in the file, not a mapping or a list.`,
  );
}

const isEmpty = (node: Node | null) => node === null || (isScalar(node) && node.value === null);
