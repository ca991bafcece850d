// The function that carries out a step in a run, and its result.
import type { Expectation } from "../../history/result.js";
import type { Tally } from "../../history/tally.js";
import type { Step, StepBody, StepTiming } from "../../scenario/model.js";
import type { RunContext } from "../run-context.js";

/** The result of some steps. */
export interface Played {
  /** Each expectation, judged. */
  judged: Expectation[];
  /** Set if the event of a step was not seen: the steps after it are not played. */
  stopped?: boolean;
}

/** Events are counted from `since`; from the beginning of the run by default. */
export type Play = (context: RunContext, steps: readonly Step[], since?: Pick<Tally, "of">) => Promise<Played>;

export type Kind = StepBody["kind"];
type BodyOf<K, A = StepBody> = A extends { kind: Kind } ? (K extends A["kind"] ? A : never) : never;
export type StepOf<K extends Kind> = StepTiming & BodyOf<K>;

/** Resolves with its result; with nothing if it has no expectations. `play` plays the steps inside a step. */
export type RunStep<K extends Kind> = (context: RunContext, step: StepOf<K>, play: Play) => Promise<Played | undefined>;

export const nothing = (done: Promise<unknown>) => done.then(() => undefined);
