// What a verb of the timeline is: its schema, what it must mean at its step, and the action it becomes. One file per
// verb, one registry (index.ts); how it is carried out is in runner/performers, under the same name.

import type { z } from "zod";
import type { Path } from "../diagnostic.js";
import type { Action, Step } from "../model.js";
import type { World } from "../timeline-state.js";

export interface Verb<S extends z.ZodType = z.ZodType, A extends Action = Action> {
  /** What may stand behind the verb; its description is for editors and for docs/scenarios.md. */
  schema: S;
  /** Set where `within` means something without `after`. */
  waits?: true;
  /** Set where an actor may run or not run because of it. */
  moves?: true;
  /** Reports what makes no sense at this very step, and tells the world what the step changes. `path` ends in the verb. */
  walk(value: z.output<S>, path: Path, world: World): void;
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
export const defineVerb = <S extends z.ZodType, A extends Action>(verb: Verb<S, A>): Verb<S, A> => verb;
