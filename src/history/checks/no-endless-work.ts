// No endless work: a responder does not keep a request for ever by saying again and again that it is in progress.
import { count } from "../../common/plural.js";
import { Disturbances } from "../disturbances.js";
import { type EventOf, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

const defaultAtMost = 10;

export const noEndlessWork: Check = {
  promise:
    "No delivery stays open for longer than 10 times the ack wait. With `at_most: n`, none stays open for longer than n times the ack wait.",
  violated:
    "A responder neither acked, NAKed nor terminated a delivery in this time, and the server did not deliver it again: the " +
    "responder said that it is in progress. A delivery during a fault, an election, a lost connection or a kill is not " +
    "judged, and one of a request that the server delivers no more (`max_deliver`).",
  inconclusive: "No delivery was recorded. Or the history does not have the ack wait.",
  parameters: { atMost: "the largest number of ack waits per delivery; default 10" },
  judge: (history, { atMost = defaultAtMost } = {}) => {
    const deliveries = ofType(history, "delivered").length;
    if (deliveries === 0) return inconclusive("nothing was delivered, so there is nothing to judge");
    const ackWaitMs = ofType(history, "setup-applied").findLast((event) => event.ackWaitMs !== undefined)?.ackWaitMs;
    if (ackWaitMs === undefined) return inconclusive("the ack wait is not recorded");
    const limit = ackWaitMs * 1000 * atMost;
    const disturbances = new Disturbances(history);
    const exhausted = new Set(
      ofType(history, "advisory").flatMap((one) => (one.kind === "max-deliver" ? [one.sequence] : [])),
    );
    const open = new Map<string, EventOf<"delivered">>();
    const long = new Set<string>();
    let longest = 0;
    const close = (request: string, t: number) => {
      const from = open.get(request);
      open.delete(request);
      if (!from || exhausted.has(from.sequence) || disturbances.in(from.t, t, from.actor)) return;
      longest = Math.max(longest, t - from.t);
      if (t - from.t > limit) long.add(request);
    };
    const events = [...history].sort((a, b) => a.t - b.t);
    for (const event of events) {
      if (event.type === "actor-stopped" || event.type === "actor-crashed")
        for (const [request, { actor }] of open) if (actor === event.name) close(request, event.t);
      if (!("request" in event)) continue;
      if (event.type === "delivered" || ends.includes(event.type)) close(event.request, event.t);
      if (event.type === "delivered") open.set(event.request, event);
    }
    for (const request of [...open.keys()]) close(request, events.at(-1)?.t as number);
    const all = count(deliveries, "delivery", "deliveries");
    const allowed = `${atMost} times the ack wait of ${ackWaitMs} ms`;
    if (long.size > 0)
      return violated(`${all}, ${count(long.size, "request")} open for more than ${allowed}`, [...long]);
    return held(`${all}, open for at most ${Math.ceil(longest / 1000)} ms, where ${allowed} is allowed`);
  },
};

const ends: readonly string[] = ["acked", "returned", "terminated", "stuck"];
