// How much a sweep may ask for, and where it may not reach.
import type { Report } from "./finding.js";

export const mostCombinations = 200;

/** The keys of which a change would be one of the experiment's own kind, and not of what it tries. */
const notSwept = ["scenario", "sweep", "repeat", "expected"];

export function sweepFits(data: unknown, report: Report): void {
  const { sweep } = (data ?? {}) as { sweep?: unknown };
  if (typeof sweep !== "object" || sweep === null) return;
  const values = Object.values(sweep).filter(Array.isArray);
  const size = values.reduce((product, list) => product * list.length, 1);
  if (size > mostCombinations)
    report(["sweep"], `Expected a sweep of at most ${mostCombinations} combinations, got ${size}`, {
      at: "key",
    });
  for (const path of Object.keys(sweep)) {
    const [top = ""] = path.split(".");
    if (notSwept.includes(top))
      report(["sweep", path], `Expected a sweep of what the scenario plays, got ${JSON.stringify(top)}`, {
        at: "key",
      });
  }
}
