// What performing a step is. One file per verb or two, one registry (index.ts).
import type { Expectation } from "../../history/result.js";
import type { Tally } from "../../history/tally.js";
import type { Step, StepBody, StepTiming } from "../../scenario/model.js";
import type { RunContext } from "../run-context.js";

/** What came of some steps. */
export interface Played {
  /** What was expected along the way, judged. */
  judged: Expectation[];
  /** Set where a step waited in vain: the steps after it are not played. */
  stopped?: boolean;
}

/** Events are counted from `since`; from the beginning of the run where it is left out. */
export type Play = (
  context: RunContext,
  steps: readonly Step[],
  since?: Pick<Tally, "of">,
) => Promise<Played>;

export type Kind = StepBody["kind"];
type BodyOf<K, A = StepBody> = A extends { kind: Kind } ? (K extends A["kind"] ? A : never) : never;
export type StepOf<K extends Kind> = StepTiming & BodyOf<K>;

/** Resolves with what came of it, or with nothing where it judges nothing. `play` plays the steps inside a step. */
export type RunStep<K extends Kind> = (
  context: RunContext,
  step: StepOf<K>,
  play: Play,
) => Promise<Played | undefined>;

export const nothing = (done: Promise<unknown>) => done.then(() => undefined);
