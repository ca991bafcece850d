// What a run's verdict says to the shell. 3 (the run itself failed) and 4 (bad file or arguments) are the command's.
import type { Verdict } from "./verdict.js";

const exitCodes = { held: 0, violated: 1, unknown: 2 } as const satisfies Record<Verdict, number>;

export function exitCode(verdict: Verdict): 0 | 1 | 2 {
  return exitCodes[verdict];
}
