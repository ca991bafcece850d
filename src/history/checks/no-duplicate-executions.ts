// No request was executed twice. A redelivered one may be: at-least-once delivery promises no less.
import { count, ofType, repeated } from "../select.js";
import { type Check, held, unknown, violated } from "./check.js";

export const noDuplicateExecutions: Check = (history) => {
  const executed = ofType(history, "executed").map((event) => event.request);
  if (executed.length === 0) return unknown("nothing was executed, so there is nothing to judge");
  const twice = repeated(executed);
  const distinct = count(new Set(executed).size, "request");
  if (twice.length > 0) {
    return violated(
      `${count(executed.length, "execution")} of ${distinct}, ${twice.length} of them more than once`,
      twice,
    );
  }
  return held(`${distinct} executed once each`);
};
