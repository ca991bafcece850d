// Three outcomes, and one order among them. A check that could not decide is unknown, never a pass.

export type Verdict = "held" | "violated" | "unknown";

const severity: Record<Verdict, number> = { held: 0, unknown: 1, violated: 2 };

/** The worst of several verdicts; nothing to judge is unknown. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "unknown";
  return verdicts.reduce((a, b) => (severity[b] > severity[a] ? b : a));
}
