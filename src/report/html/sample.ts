// Which requests a large run shows in full: those that went wrong, the first, and the slowest. The rest is counted.
import type { Path } from "./paths.js";

export interface Sample {
  drawn: Path[];
  /** What was left out and how the rest was chosen; empty where everything is drawn. */
  note: string;
}

export function sample(all: readonly Path[], most: number): Sample {
  if (all.length <= most) return { drawn: [...all], note: "" };
  const chosen = new Set<Path>();
  const take = (paths: readonly Path[], upTo: number) => {
    for (const path of paths) if (chosen.size < upTo) chosen.add(path);
  };
  take(
    all.filter((path) => path.offends.length > 0),
    Math.ceil(most * 0.5),
  );
  take(
    all.filter((path) => path.kind !== "ok"),
    Math.ceil(most * 0.7),
  );
  take(kinds(all), Math.ceil(most * 0.85));
  take(all, Math.ceil(most * 0.85));
  take(
    [...all].sort((a, b) => (b.latencyMs ?? 0) - (a.latencyMs ?? 0)),
    most,
  );
  const drawn = all.filter((path) => chosen.has(path));
  const rest = thousands(all.length - drawn.length);
  return {
    drawn,
    note: `${drawn.length} of ${thousands(all.length)} requests are drawn: those a check names, those that did not end well, the first of each name and responder, and the slowest, as many of each as there is room for. The other ${rest} are in the counts, the charts and the list.`,
  };
}

/** The first of each name that went to the same responders: nobody who had work is missing. */
function kinds(all: readonly Path[]): Path[] {
  const seen = new Set<string>();
  return all.filter((path) => {
    const key = JSON.stringify([path.as, ...path.responders]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** `12,345`, the same under every locale. */
export function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
