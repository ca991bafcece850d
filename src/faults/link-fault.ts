// What the faults of links have in common: a condition on every link between two names, until it is healed.
import type { Condition } from "../link/index.js";
import type { Evidence } from "./evidence.js";
import type { Injected } from "./fault.js";
import type { Target } from "./target.js";

export async function spoil(
  target: Target,
  [a, b]: readonly [string, string],
  condition: Condition,
  what: string,
  bit: Evidence,
): Promise<Injected> {
  const restores = await Promise.all(target.links(a, b).map((link) => link.apply(condition)));
  const heal = async () => void (await Promise.all(restores.map((restore) => restore())));
  return { what: `${what} between ${a} and ${b}`, heal, bit };
}
