// Acks honoured: the server removes an acked request, and delivers it no more (nats.io, "JetStream: acknowledgement models").
import { count } from "../../common/plural.js";
import { Disturbances } from "../disturbances.js";
import { type EventOf, requestsLeft } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

/** An ack is on its way for so long at most: microseconds. Before, the server can deliver the request again. */
const onItsWay = 2_000_000;

export const acksHonoured: Check = {
  promise: "The server delivers no acked request again, and the request stream does not hold one at the end.",
  violated:
    "A request was delivered again more than 2 s after its ack, or the request stream holds it at the end. An ack is not " +
    "confirmed: one that was sent during a fault, a lost connection, a restart, an election or a kill of its sender is not judged.",
  inconclusive: "No ack can be judged.",
  reads: ["requests-read"],
  judge: (history) => {
    const disturbances = new Disturbances(history);
    const acked = new Map<string, EventOf<"acked">>();
    const places = new Map<string, number>();
    const ever = new Set<string>();
    const broken = new Set<string>();
    for (const event of history) {
      if (event.type === "acked") {
        acked.set(event.request, event);
        ever.add(event.request);
      }
      if (event.type === "delivered") {
        const ack = acked.get(event.request);
        // A request that was sent again, or replayed, is another message.
        const same = places.get(event.request) === event.sequence;
        places.set(event.request, event.sequence);
        if (ack && !same) acked.delete(event.request);
        const late = ack && same && event.t - ack.t > onItsWay;
        if (late && !disturbances.in(ack.t, ack.t, ack.actor)) broken.add(event.request);
      }
    }
    for (const reading of requestsLeft(history)) {
      for (const request of reading.requests) {
        const ack = acked.get(request);
        if (ack && reading.t - ack.t > onItsWay && !disturbances.in(ack.t, ack.t, ack.actor)) broken.add(request);
      }
    }
    if (ever.size === 0) return inconclusive("no request was acked, so there is nothing to judge");
    const requests = count(ever.size, "acked request");
    if (broken.size > 0) return violated(`${broken.size} of ${requests} delivered again, or left`, [...broken]);
    return held(`${requests}, none delivered again or left`);
  },
};
