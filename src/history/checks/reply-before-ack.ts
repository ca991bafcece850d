// Reply before ack: a request is acked after its reply exists. A crash between an early ack and the reply loses both.
import { count } from "../../common/plural.js";
import type { EventType } from "../event.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const replyBeforeAck: Check = {
  promise: "Every ack of a request comes after its reply.",
  violated:
    "A responder acked a request before a reply to it was sent, stored or found to be stored already. An " +
    "ack after a refused second reply is no violation. A terminated request needs no reply.",
  inconclusive: "No request was acked.",
  judge: (history) => {
    const answered = new Set<string>();
    const acked = new Set<string>();
    const early = new Set<string>();
    for (const event of [...history].sort((a, b) => a.t - b.t)) {
      if (!("request" in event)) continue;
      if (showsReply.includes(event.type)) answered.add(event.request);
      if (event.type !== "acked") continue;
      acked.add(event.request);
      if (!answered.has(event.request)) early.add(event.request);
    }
    if (acked.size === 0) return inconclusive("no request was acked, so there is nothing to judge");
    const requests = count(acked.size, "acked request");
    if (early.size > 0) return violated(`${early.size} of ${requests} had no reply when the ack was sent`, [...early]);
    return held(`${requests}, each with its reply before`);
  },
};

const showsReply: readonly EventType[] = [
  ...(["replied", "reply-refused", "already-answered", "status-stored"] as const),
  ...(["dead-lettered", "received", "collected"] as const),
];
