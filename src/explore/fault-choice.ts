// The choice of faults: which ones an exploration may draw, by the patterns of `--faults`.
import { nearest } from "../common/did-you-mean.js";
import { type FaultName, faultNames, faults } from "../faults/index.js";
import { InvalidInputError } from "../protocol/errors.js";

/** They damage or limit a store, so that losses are no finding. They are drawn if a pattern other than `*` names them. */
const ofStores: readonly FaultName[] = [
  "wipe-store",
  "flip-bit",
  "truncate-block",
  "corrupt-file",
  "power-failure",
  "disk-full",
  "peer-remove",
];

/** `kill-*,partition`; undefined for all that cause no loss. @throws InvalidInputError for a pattern without a fault. */
export function chosenFaults(patterns: string | undefined, nodes: number): FaultName[] {
  const fits = (name: FaultName) => nodes >= 3 || !faults[name].needs.includes("three-nodes");
  if (patterns === "none") return [];
  const chosen = (patterns ?? "*").split(",").map((text) => text.trim());
  const names = chosen.flatMap((pattern) => {
    const matching = faultNames.filter((name) => matches(name, pattern));
    if (matching.length === 0) throw unknown(pattern);
    const fitting = matching.filter(fits);
    if (fitting.length === 0) throw new InvalidInputError(`${pattern} needs a cluster: add --nodes 3.`);
    return fitting;
  });
  return faultNames.filter((name) => names.includes(name));
}

function matches(name: FaultName, pattern: string): boolean {
  if (pattern === "*") return name !== "noop" && !ofStores.includes(name);
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) return name === first;
  const last = others.pop() as string;
  return (
    name.length >= first.length + last.length &&
    name.startsWith(first) &&
    name.endsWith(last) &&
    others.every((part) => name.includes(part))
  );
}

function unknown(pattern: string): InvalidInputError {
  const [best] = nearest(pattern, faultNames);
  const hint = best === undefined ? `: one of ${faultNames.join(", ")}` : `; did you mean "${best}"?`;
  return new InvalidInputError(`Expected --faults to name faults like "kill-*,partition", got "${pattern}"${hint}`);
}
