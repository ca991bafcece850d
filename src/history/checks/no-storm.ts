// No storm: no request is delivered more often than a scenario allows, for example because it is nak'ed again and again.
import { count, oftenText } from "../../common/plural.js";
import { ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

const defaultAtMost = 10;

export const noStorm: Check = {
  promise: "No request is delivered more than 10 times. With `at_most: n`, no request is delivered more than n times.",
  violated: "The server delivered one request more often than that.",
  inconclusive: "No delivery was recorded.",
  parameters: { atMost: "the largest number of deliveries per request; default 10" },
  judge: (history, { atMost = defaultAtMost } = {}) => {
    const deliveries = new Map<string, number>();
    for (const { request, delivery } of ofType(history, "delivered"))
      deliveries.set(request, Math.max(deliveries.get(request) ?? 0, delivery));
    if (deliveries.size === 0) return inconclusive("nothing was delivered, so there is nothing to judge");
    const more = [...deliveries].filter(([, n]) => n > atMost).map(([request]) => request);
    const most = [...deliveries.values()].reduce((a, b) => Math.max(a, b)); // too many for the arguments of one call
    const requests = count(deliveries.size, "request");
    if (more.length > 0)
      return violated(
        `${more.length} of ${requests} delivered more than ${oftenText(atMost)}, up to ${oftenText(most)}`,
        more,
      );
    return held(
      `${requests} delivered at most ${oftenText(most)}, where ${atMost} ${atMost === 1 ? "is" : "are"} allowed`,
    );
  },
};
