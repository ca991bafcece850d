// Keys that would hide something: one that comes twice, and the one that JavaScript keeps for itself.
import { type Document, isScalar, type Pair, visit } from "yaml";
import type { Flaw } from "./yaml-flaw.js";

/** The parser's own search (`uniqueKeys`) takes a minute over a large file: it compares each key with all others. */
export function keyFlaws(document: Document): Flaw[] {
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
