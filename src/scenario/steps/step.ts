// The definition of a step: its schema, its validation, and the step of the model that it becomes.
import type { z } from "zod";
import type { Path } from "../diagnostic.js";
import type { Step, StepBody } from "../model.js";
import type { TimelineState } from "../timeline-state.js";

export interface StepDefinition<S extends z.ZodType = z.ZodType, A extends StepBody = StepBody> {
  /** The value of the step's key; its description is for editors and for docs/scenarios.md. */
  schema: S;
  /** Set if `within` has a meaning without `after`. */
  waits?: true;
  /** Set if it can start or end an actor. */
  affectsActors?: true;
  /** Reports mistakes at this step, and changes the state as the step does. `path` ends in the step's kind. */
  validate(value: z.output<S>, path: Path, state: TimelineState): void;
  build(value: z.output<S>, context: BuildContext): A;
}

export interface BuildContext {
  /** The requester of each request, by the request's name. */
  senders: ReadonlyMap<string, string>;
  /** Line of a path below the step's kind, from 1. */
  lineOf(path: Path): number;
  /** Builds the steps inside this one; `path` is their place below the step's kind. */
  steps(inner: readonly unknown[], path: Path): Step[];
}

/** Keeps the types of the schema and of the step together. */
export const defineStep = <S extends z.ZodType, A extends StepBody>(kind: StepDefinition<S, A>): StepDefinition<S, A> =>
  kind;
