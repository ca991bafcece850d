// Right end: a delivery is ended once, and the ack, NAK or termination that ends it agrees with the reply.
import { count } from "../../common/plural.js";
import { Disturbances } from "../disturbances.js";
import type { HistoryEvent } from "../event.js";
import { type EventOf, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const rightEnd: Check = {
  promise: "A responder ends each delivery once, and a delivery that it replied `ok` to by an ack.",
  violated:
    "A responder sent more acks, NAKs and terminations than it got deliveries of the request, or it NAKed or terminated a " +
    "delivery after its `ok` reply. An ack that is sent again after a fault, a lost connection or a kill is not judged.",
  inconclusive: "No responder ended a delivery.",
  judge: (history) => {
    const disturbances = new Disturbances(history);
    const known = new Map<string, Deliveries>();
    const wrong = new Set<string>();
    let ends = 0;
    for (const event of inOrder(history)) {
      const key = `${event.actor} ${event.request}`;
      const of = known.get(key) ?? { open: 0, answered: false, last: undefined };
      known.set(key, of);
      if (event.type === "delivered") {
        of.open++;
        of.answered = false;
      } else if (event.type === "replied") {
        // With several open deliveries it is not known which of them the reply is of.
        of.answered = event.status === "ok" && of.open === 1;
      } else {
        ends++;
        const again = of.open === 0 && of.last !== undefined;
        if (again && !disturbances.in(of.last?.t as number, event.t, event.actor)) wrong.add(event.request);
        if (of.answered && !again && event.type !== "acked") wrong.add(event.request);
        of.open = Math.max(0, of.open - 1);
        of.last = event;
      }
    }
    if (ends === 0) return inconclusive("no responder ended a delivery, so there is nothing to judge");
    const all = count(ends, "ack, NAK or termination", "acks, NAKs and terminations");
    if (wrong.size > 0) return violated(`${all}, and ${count(wrong.size, "request")} with a wrong one`, [...wrong]);
    return held(`${all}, one for each delivery`);
  },
};

/** Those of one request at one responder. */
interface Deliveries {
  open: number;
  /** The open delivery has its `ok` reply. */
  answered: boolean;
  last: EventOf<"acked" | "returned" | "terminated"> | undefined;
}

const inOrder = (history: readonly HistoryEvent[]) =>
  ofType(history, "delivered", "replied", "acked", "returned", "terminated").sort((a, b) => a.t - b.t);
