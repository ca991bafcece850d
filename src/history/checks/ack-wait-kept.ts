// Ack wait kept: the server waits for an ack before it delivers a request again (nats.io, consumer configuration `ack_wait`).
import { count } from "../../common/plural.js";
import { Disturbances } from "../disturbances.js";
import { type EventOf, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

/** Of the ack wait: a busy process records a delivery later than the server sent it. */
const tooEarly = 0.5;

export const ackWaitKept: Check = {
  promise: "The server delivers a request again only after the ack wait, or after a NAK.",
  violated:
    "A delivery came less than half of the ack wait after the one before it, and no NAK was sent between. Deliveries during a " +
    "fault, an election or a lost connection are not judged, because their times do not show when the server sent them.",
  inconclusive: "No request was delivered again. Or the history does not have the ack wait.",
  judge: (history) => {
    const ackWaitMs = ofType(history, "setup-applied").findLast((event) => event.ackWaitMs !== undefined)?.ackWaitMs;
    const disturbances = new Disturbances(history);
    const last = new Map<string, EventOf<"delivered">>();
    const returned = new Set<string>();
    const early = new Set<string>();
    let again = 0;
    for (const event of ofType(history, "delivered", "returned")) {
      const { request, t } = event;
      if (event.type === "returned") {
        returned.add(request);
        continue;
      }
      const key = `${event.source ?? ""} ${event.sequence} ${request}`;
      const before = last.get(key);
      last.set(key, event);
      if (!before || event.delivery !== before.delivery + 1) continue;
      again++;
      const isEarly = ackWaitMs !== undefined && t - before.t < ackWaitMs * 1000 * tooEarly;
      if (isEarly && !returned.has(request) && !disturbances.in(before.t, t, before.actor, event.actor))
        early.add(request);
      returned.delete(request);
    }
    if (ackWaitMs === undefined) return inconclusive("the ack wait is not recorded");
    if (again === 0) return inconclusive("no request was delivered again");
    const all = count(again, "second delivery", "further deliveries");
    if (early.size > 0) return violated(`${early.size} of ${all} before the ack wait of ${ackWaitMs} ms`, [...early]);
    return held(`${all}, each after the ack wait or a NAK`);
  },
};
