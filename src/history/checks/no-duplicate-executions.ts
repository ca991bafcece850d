// No duplicate executions: no request is executed more often than a scenario allows. At-least-once delivery does not promise that.
import { count, oftenText } from "../../common/plural.js";
import { countEach, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noDuplicateExecutions: Check = {
  promise: "No request is executed more than once. With `at_most: n`, no request is executed more than n times.",
  violated:
    "A handler ran to its end for one request more often than that. A redelivery without a second execution counts once.",
  inconclusive: "No execution was recorded.",
  parameters: { atMost: "the largest number of executions per request; default 1" },
  judge: (history, { atMost = 1 } = {}) => {
    const times = countEach(ofType(history, "executed").map(({ request }) => request));
    if (times.size === 0) return inconclusive("nothing was executed, so there is nothing to judge");
    const requests = count(times.size, "request");
    const more = [...times].filter(([, n]) => n > atMost).map(([request]) => request);
    if (more.length > 0) {
      const all = [...times.values()].reduce((a, b) => a + b, 0);
      return violated(
        `${count(all, "execution")} of ${requests}, ${more.length} of them more than ${oftenText(atMost)}`,
        more,
      );
    }
    if (atMost === 1) return held(`${requests} executed once each`);
    const most = Math.max(...times.values());
    return held(`${requests} executed at most ${oftenText(most)}, where ${atMost} are allowed`);
  },
};
