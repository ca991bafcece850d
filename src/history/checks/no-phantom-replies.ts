// No phantom replies: every reply answers a request of this history, with the status and payload that its responder gave it.
import { count } from "../../common/plural.js";
import type { HistoryEvent, StoredReply } from "../event.js";
import { type Invocation, invocations } from "../operations.js";
import { coreRequests, firstReplyWon, ofType, replyKey, requestIds, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noPhantomReplies: Check = {
  promise: "Every reply answers a request of this history, with the status and the payload that a responder sent.",
  violated:
    "A reply answers a request that was not sent or not stored, or no responder sent it with this status " +
    "and payload. A request without a PubAck may be answered. Replies of core services, of killed responders, " +
    "of responders that record nothing, and replies whose PubAck was lost are compared by their request ids " +
    "only, because their events may be missing. So is the status of a request whose requester ended during the withdrawal.",
  inconclusive: "There is no reply.",
  reads: ["replies-read"],
  judge: (history) => {
    const replies: Reply[] = [...ofType(history, "received", "collected"), ...(storedReplies(history) ?? [])];
    if (replies.length === 0) return inconclusive("there is no reply to judge");

    const sent = invocations(history);
    // A requester that withdrew its request stored the status itself.
    const given = new Set(ofType(history, "replied", "status-stored").map(replyKey));
    const excused = unrecorded(history);
    const open = unended(history);
    const mayBeOwn = ({ request, status }: Reply) =>
      (status === "cancelled" || status === "expired") && open.has(request);
    const genuine = (reply: Reply) =>
      mayBeStored(sent.get(reply.request)) && (given.has(replyKey(reply)) || excused(reply.request) || mayBeOwn(reply));
    const phantoms = requestIds(replies.filter((reply) => !genuine(reply)));
    const answered = count(requestIds(replies).length, "reply", "replies");
    if (phantoms.length > 0) {
      return violated(
        `of ${answered}, ${phantoms.length} ${phantoms.length === 1 ? "was" : "were"} given by no responder`,
        phantoms,
      );
    }
    const unworded = requestIds(replies.filter((reply) => !given.has(replyKey(reply)))).length;
    return held(
      `${answered}, ${unworded > 0 ? `${unworded} compared by id only` : "in the words of their responders"}`,
    );
  },
};

/** One of unknown fate may be answered. One that was certainly not stored, or never sent, has no answer. */
const mayBeStored = (one: Invocation | undefined) =>
  one !== undefined && (one.sent.length > 0 || one.byHand === true) && one.fate !== "failed";

type Reply = Pick<StoredReply, "request" | "status" | "payload">;

/** Whether a reply to a request may exist that no responder recorded. */
function unrecorded(history: readonly HistoryEvent[]): (request: string) => boolean {
  const core = coreRequests(history);
  const cutOff = new Map<string, number>();
  /** The PubAck of their reply was lost: the responder learns that it is stored from the next delivery, and sends no second one. */
  const unconfirmed = new Set<string>();
  const recording = new Set<string>();
  for (const event of ofType(history, ...responderSteps)) {
    recording.add(event.actor);
    const step = event.type === "delivered" ? 1 : event.type === "executed" ? 0 : -1;
    cutOff.set(event.request, (cutOff.get(event.request) ?? 0) + step);
    if (event.type === "reply-refused" && !firstReplyWon(event)) unconfirmed.add(event.request);
  }
  for (const { request } of ofType(history, "not-stored")) unconfirmed.add(request);
  for (const { request } of ofType(history, "replied")) unconfirmed.delete(request); // it was confirmed later
  const silent = ofType(history, "actor-started").some(
    ({ name, role }) => role === "responder" && !recording.has(name),
  );
  const recordless = recording.size === 0;
  return (request) => {
    if (recordless || core.has(request) || unconfirmed.has(request)) return true;
    // A responder that records nothing may have answered what no other one was delivered.
    return cutOff.has(request) ? (cutOff.get(request) as number) > 0 : silent;
  };
}

/** Requests with a time-out whose requester ended before it recorded their end: it may have withdrawn them. */
function unended(history: readonly HistoryEvent[]): Set<string> {
  const pending = new Map<string, string>();
  const unended = new Set<string>();
  for (const event of history) {
    if (event.type === "requested" && event.timeoutMs !== undefined) pending.set(event.request, event.actor);
    // A withdrawal stores its status when the server answers, which may be after the time-out.
    else if (event.type === "received" || (event.type === "timed-out" && event.status === undefined))
      pending.delete(event.request);
    else if (event.type === "actor-stopped" || event.type === "actor-crashed")
      for (const [request, actor] of pending) if (actor === event.name) unended.add(request);
  }
  return unended;
}

const responderSteps = [
  ...(["delivered", "executed", "replied", "reply-refused"] as const),
  ...(["terminated", "returned", "already-answered"] as const),
];
