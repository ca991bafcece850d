// No stuck messages: what is left in the request stream can still be delivered.
import { count } from "../../common/plural.js";
import { type EventOf, requestsLeft } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noStuckMessages: Check = {
  promise: "The server can still deliver every request that is left in the request stream.",
  violated:
    "The stream holds requests that are neither pending nor waiting for an ack. At `max_deliver` the " +
    "server keeps a message in the stream and never delivers it again (nats-server #5564).",
  inconclusive: "The request stream was not read at the end. Or requests are left, and the consumer was not read.",
  reads: ["requests-read"],
  judge: (history) => {
    const readings = requestsLeft(history);
    if (readings.length === 0) return inconclusive("the request stream was not read at the end");
    const left = readings.filter((reading) => reading.requests.length > 0);
    if (left.length === 0) return held("no request is left in the stream");

    const requests = left.flatMap((reading) => reading.requests);
    const total = `${count(requests.length, "request")} left in ${left.map((reading) => reading.stream).join(", ")}`;
    const stuck = left.map(undeliverable);
    const known = stuck.filter((n) => n !== undefined).reduce((a, b) => a + b, 0);
    if (known > 0) return violated(`${total}, of which ${known} can no longer be delivered`, requests);
    if (stuck.includes(undefined))
      return inconclusive(`${total}, and no consumer reported what it can deliver`, requests);
    return held(`${total}, all of which can still be delivered`);
  },
};

/** How many of the requests left the consumer does not know of any more. */
function undeliverable({ requests, pending, ackPending }: EventOf<"requests-read">): number | undefined {
  if (pending === undefined || ackPending === undefined) return undefined;
  return Math.max(0, requests.length - pending - ackPending);
}
