// Verdicts: three of them, their order, and the exit code of each. A check that could not decide is inconclusive, never a pass.

/** The words of a result, in every report and in scenario files. */
export const verdicts = ["held", "violated", "inconclusive"] as const;

/** The verdict of a check, an expectation or a run. */
export type Verdict = (typeof verdicts)[number];

const severity: Record<Verdict, number> = { held: 0, inconclusive: 1, violated: 2 };

/** The worst of several verdicts; nothing to judge is inconclusive. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "inconclusive";
  return verdicts.reduce((a, b) => (severity[b] > severity[a] ? b : a));
}

/** 3 (the run itself failed) and 4 (bad file or arguments) are the command's. */
const exitCodes = { held: 0, violated: 1, inconclusive: 2 } as const satisfies Record<Verdict, number>;

export function exitCode(verdict: Verdict): 0 | 1 | 2 {
  return exitCodes[verdict];
}

/** The words of saved files. A kit before 0.2 wrote `unknown` for `inconclusive`. */
export const savedVerdicts = [...verdicts, "unknown"] as const;

export const asVerdict = (word: (typeof savedVerdicts)[number]): Verdict =>
  word === "unknown" ? "inconclusive" : word;
