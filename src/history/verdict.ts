// Verdicts: three of them, their order, and the exit code of each. A check that could not decide is unknown, never a pass.

/** The verdict of a check, an expectation or a run. */
export type Verdict = "held" | "violated" | "unknown";

const severity: Record<Verdict, number> = { held: 0, unknown: 1, violated: 2 };

/** The worst of several verdicts; nothing to judge is unknown. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "unknown";
  return verdicts.reduce((a, b) => (severity[b] > severity[a] ? b : a));
}

/** 3 (the run itself failed) and 4 (bad file or arguments) are the command's. */
const exitCodes = { held: 0, violated: 1, unknown: 2 } as const satisfies Record<Verdict, number>;

export function exitCode(verdict: Verdict): 0 | 1 | 2 {
  return exitCodes[verdict];
}
