// What a verb of the timeline is: its schema, what it must mean at its step, and the action it becomes. One file per
// verb, one registry (index.ts); how it is carried out is in runner/performers, under the same name.

import type { z } from "zod";
import type { Path } from "../diagnostic.js";
import type { Step, StepBody } from "../model.js";
import type { TimelineState } from "../timeline-state.js";

export interface StepDefinition<S extends z.ZodType = z.ZodType, A extends StepBody = StepBody> {
  /** What may stand behind the verb; its description is for editors and for docs/scenarios.md. */
  schema: S;
  /** Set where `within` means something without `after`. */
  waits?: true;
  /** Set where an actor may run or not run because of it. */
  affectsActors?: true;
  /** Reports what makes no sense at this very step, and tells the state what the step changes. `path` ends in the verb. */
  validate(value: z.output<S>, path: Path, state: TimelineState): void;
  build(value: z.output<S>, context: BuildContext): A;
}

export interface BuildContext {
  /** The requester of each request, by the request's name. */
  senders: ReadonlyMap<string, string>;
  /** Line of a path below the verb, from 1. */
  lineOf(path: Path): number;
  /** Builds the steps inside this one; `path` is where they stand below the verb. */
  steps(inner: readonly unknown[], path: Path): Step[];
}

/** Keeps the types of the schema and of the action together. */
export const defineStep = <S extends z.ZodType, A extends StepBody>(
  kind: StepDefinition<S, A>,
): StepDefinition<S, A> => kind;
