// Delivery counts: the server counts the deliveries of a message from 1, each number once (ADR-15, the ack address).
import { count } from "../../common/plural.js";
import { Disturbances } from "../disturbances.js";
import { type EventOf, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const deliveryCounts: Check = {
  promise: "The server counts the deliveries of a request from 1, and no number comes twice or after a higher one.",
  violated:
    "A delivery has the number of an earlier delivery of the same message, a lower number, or one below 1. A missing number is no " +
    "violation: a process that is killed records no delivery. After a fault of the server or an election a number may come again.",
  inconclusive: "No delivery was recorded.",
  judge: (history) => {
    const deliveries = ofType(history, "delivered");
    if (deliveries.length === 0) return inconclusive("nothing was delivered, so there is nothing to judge");
    const disturbances = new Disturbances(history);
    const last = new Map<string, EventOf<"delivered">>();
    const wrong = new Set<string>();
    for (const event of deliveries) {
      // The two records of an actor, its own and that of its link, have the same deliveries.
      const key = `${event.source ?? ""} ${event.sequence} ${event.request}`;
      const before = last.get(key);
      last.set(key, event);
      if (event.delivery < 1) wrong.add(event.request);
      if (!before || event.delivery > before.delivery) continue;
      if (!disturbances.in(before.t, event.t)) wrong.add(event.request);
    }
    const all = count(deliveries.length, "delivery", "deliveries");
    if (wrong.size > 0) return violated(`${all}, and ${count(wrong.size, "request")} with a wrong number`, [...wrong]);
    return held(`${all}, numbered as they came`);
  },
};
