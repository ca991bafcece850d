// Counts how far a list is from being sorted.

export interface Inversions<T> {
  /** Pairs that stand in the wrong order: 0 for a sorted list, n(n-1)/2 for a reversed one. */
  pairs: number;
  /** The members that come after a greater one. */
  overtaken: T[];
}

/** Equal keys are no inversion. O(n log n). */
export function inversions<T>(list: readonly T[], keyOf: (member: T) => number): Inversions<T> {
  let greatest = Number.NEGATIVE_INFINITY;
  const overtaken = list.filter((member) => {
    const late = keyOf(member) < greatest;
    greatest = Math.max(greatest, keyOf(member));
    return late;
  });
  return { pairs: overtaken.length === 0 ? 0 : pairsIn(list.map(keyOf)), overtaken };
}

/** By merging: whatever is taken from the right half was overtaken by all that is left of the left one. */
function pairsIn(keys: number[]): number {
  if (keys.length < 2) return 0;
  const left = keys.splice(0, keys.length >> 1);
  const right = keys.splice(0);
  let pairs = pairsIn(left) + pairsIn(right);
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const fromRight = i === left.length || (j < right.length && (right[j] as number) < (left[i] as number));
    if (fromRight) pairs += left.length - i;
    keys.push((fromRight ? right[j++] : left[i++]) as number);
  }
  return pairs;
}
