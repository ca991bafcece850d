// The counts of a run in the words that people read.
import type { Counts } from "./result.js";

/** In the order of a request's way. `collected` counts every reply that reached its requester, also at once: it arrived. */
export const countWords: Readonly<Record<keyof Counts, string>> = {
  requested: "requested",
  stored: "stored",
  executed: "executed",
  replied: "replied",
  collected: "arrived",
};

export const counted = (counts: Counts): [word: string, n: number][] =>
  (Object.keys(countWords) as (keyof Counts)[]).map((name) => [countWords[name], counts[name]]);

export const countsText = (counts: Counts): string =>
  counted(counts)
    .map(([word, n]) => `${n} ${word}`)
    .join(", ");
