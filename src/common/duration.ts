// Durations: `500ms`, `1s`, `1.5s`, `2m`. A number without a unit is none.

export const durationPattern = /^\d+(\.\d+)?(ms|s|m)$/;

/** The longest duration in a scenario: one hour. */
export const longestMs = 60 * 60 * 1000;

const unitMs = { ms: 1, s: 1000, m: 60_000 } as const;

/** Whole milliseconds; `undefined` for a text that is not a duration. */
export function parseDuration(text: string): number | undefined {
  const unit = durationPattern.exec(text)?.[2] as keyof typeof unitMs | undefined;
  return unit && Math.round(Number.parseFloat(text) * unitMs[unit]);
}

/** Milliseconds of a text the schema has already accepted. Throws for any other: that is a bug, not bad input. */
export function toMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`not a duration: ${text}`);
  return ms;
}
