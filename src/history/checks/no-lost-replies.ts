// Every reply that a responder gave can still be had: its requester has it, or the reply stream does. An inbox
// reply exists only on its way: where nobody received it, it is lost.
import { count, ofType, requestsWith, storedReplies } from "../select.js";
import { type Check, held, unknown, violated } from "./check.js";

export const noLostReplies: Check = {
  promise:
    "Every reply that a responder gave can still be had: its requester has it, or a reply stream does.",
  violated:
    "A reply was given that no requester received or collected, and reading the reply streams did not find it. An inbox reply " +
    "exists only on its way: where nobody received it, it is lost.",
  unknown: "No responder gave a reply; or one was stored and nobody read the reply stream at the end.",
  judge: (history) => {
    const given = ofType(history, "replied");
    const kept = storedReplies(history);
    const inStream = new Set(kept?.map((reply) => reply.request));
    const answered = new Set([...given.map((reply) => reply.request), ...inStream]);
    if (answered.size === 0) return unknown("no responder gave a reply, so there is nothing to judge");

    const had = requestsWith(history, "received", "collected");
    const missing = given.filter(({ request }) => !had.has(request) && !inStream.has(request));
    // A stored reply can only be missed in a stream that somebody read.
    const lost = idsOf(missing.filter((reply) => reply.sequence === undefined || kept !== undefined));
    const replies = count(answered.size, "reply", "replies");
    if (lost.length > 0) return violated(`${lost.length} of ${replies} can no longer be had`, lost);
    if (missing.length > 0) return unknown("the reply stream was not read at the end", idsOf(missing));
    const waiting = [...answered].filter((request) => !had.has(request)).length;
    return held(`of ${replies}, ${answered.size - waiting} arrived and ${waiting} can be collected`);
  },
};

function idsOf(replies: readonly { request: string }[]): string[] {
  return [...new Set(replies.map((reply) => reply.request))];
}
