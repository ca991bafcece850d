// Did you mean: the candidates nearest to a misspelt word.
import { distance } from "fastest-levenshtein";

/** Case and separators are the usual slip (`ackWait` for `ack_wait`), so they cost nothing. */
const plain = (word: string) => word.toLowerCase().replace(/[-_ .]/g, "");

/** Longer than this no name is, and a distance costs time in proportion to both lengths. */
const longestWord = 100;

/** Candidates within two typing errors for every five letters, nearest first. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  if (word.length > longestWord) return [];
  return [...candidates]
    .map((candidate) => ({ candidate, away: distanceOf(plain(word), plain(candidate)) }))
    .filter(({ candidate, away }) => away <= Math.floor(Math.max(word.length, candidate.length) * 0.4))
    .sort((a, b) => a.away - b.away)
    .map(({ candidate }) => candidate);
}

/** The same letters in another order are near, and so is a part of any length: `ack` for `ack-pending`. */
function distanceOf(word: string, candidate: string): number {
  const part = word.length >= 3 && (candidate.startsWith(word) || candidate.endsWith(word));
  return part || sorted(word) === sorted(candidate)
    ? Math.min(1, distance(word, candidate))
    : distance(word, candidate);
}

const sorted = (word: string) => [...word].sort().join("");

/** A file may have thousands of names and as many mistakes: comparing each with each would take minutes. */
const mostCandidates = 200;
const mostListed = 20;

const listed = (all: string[]) =>
  all.length > mostListed ? `${all.slice(0, mostListed).join(", ")}, ...` : all.join(", ");

/** The hint under a problem: the nearest candidate, or all of them where none is near. */
export function didYouMean(word: unknown, candidates: Iterable<string>, what = "one of"): string | undefined {
  const all = [...candidates].slice(0, mostCandidates);
  if (all.length === 0) return undefined;
  const [best] = typeof word === "string" ? nearest(word, all) : [];
  return best === undefined ? `${what}: ${listed(all)}` : `did you mean ${JSON.stringify(best)}?`;
}
