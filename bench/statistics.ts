// The few numbers that are made of other numbers.

/** The middle one, or the mean of the two in the middle. @throws when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("Expected at least one value for a median.");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** The median of what is known; undefined where nothing is. */
export function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

/**
 * Each value over its partner of the same round, and then the median: what slowed the machine in one round slowed
 * both, so it leaves the ratio alone.
 */
export function medianRatio(values: readonly number[], partners: readonly number[]): number {
  if (values.length !== partners.length) {
    throw new Error(`Expected as many values as partners, got ${values.length} and ${partners.length}.`);
  }
  return median(values.map((value, i) => value / (partners[i] as number)));
}
