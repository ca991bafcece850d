// Steps `together` and `repeat`: contain other steps.
import { z } from "zod";
import { count } from "../fields.js";
import { defineStep } from "./step.js";

/** Concurrent steps. Each is played as on its own; the next step follows when all of them are done. */
export const together = <S extends z.ZodType>(inner: S) =>
  defineStep({
    schema: z
      .array(inner, "a list of steps")
      .min(2, "a list of at least two steps")
      .describe("Steps that begin at the same time. The next step begins when all of them have ended."),
    affectsActors: true,
    validate: (steps, path, state) => state.validateSteps(steps, path),
    build: (steps, context) => ({ kind: "together", steps: context.steps(steps, []) }),
  });

const timesText = "a whole number from 2 to 1000";

export const repeat = <S extends z.ZodType>(inner: S) =>
  defineStep({
    schema: z
      .strictObject(
        {
          times: count(2, timesText).max(1000, timesText).describe("The number of rounds."),
          steps: z
            .array(inner, "a list of steps")
            .min(1, "a list of at least one step")
            .describe("The steps of each round. They cannot contain `repeat`."),
        },
        "a mapping like { times: 3, steps: [...] }",
      )
      .describe(
        "Runs some steps several times. A request in them is sent in each round, and its name means all of them. In " +
          "`after`, events count from the start of the round.",
      ),
    affectsActors: true,
    validate({ steps }, path, state) {
      state.validateSteps(steps, [...path, "steps"]);
      state.validateSteps(steps, [...path, "steps"]); // the second time round, the first has happened
    },
    build: ({ times, steps }, context) => ({ kind: "repeat", times, steps: context.steps(steps, ["steps"]) }),
  });
