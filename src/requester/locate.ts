// Where a request is: what the request stream, its consumer and the mailbox say.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import type { Whereabouts } from "../protocol/events.js";
import { fromClientError } from "../protocol/server-error.js";
import type { QueueNames } from "../protocol/subjects.js";
import { type HandleOptions, withRequest } from "./find-request.js";
import type { Handle, HandleLike } from "./handle.js";
import { findInQueue, neverThere } from "./queue-state.js";
import { dueAt, findSchedule } from "./schedule.js";
import { readStoredReply, replyPlace, type StoredReply } from "./stored-reply.js";

/** Where a request is, and how that is known. */
export interface Located {
  where: Whereabouts;
  /** How it is known, in words. */
  evidence: string;
  /** Messages left in the request stream. */
  remaining: number;
  /** Present when `where` is `replied` (its status is ok) or `ended` (it is another one). */
  reply?: StoredReply;
}

/**
 * What each state is based on, and what may have changed since:
 * - scheduled: the stream holds its schedule. The server puts the request into the queue when it is due, or, if no server runs then,
 *   when one starts.
 * - queued: the stream holds the message, and the consumer has not come to it. The evidence says why: no responder pulls, the
 *   consumer is paused, `max_ack_pending` is reached. It may be delivered a moment later. If its server may have forgotten deliveries
 *   (it was killed, the consumer has another leader or was made anew), the evidence says that, too: a responder may have received it before.
 * - running: the stream holds it, the consumer has delivered it, and waits for its ack. Whether a handler is at work on it, a
 *   responder has yet to begin it, or it waits to be delivered again after a crash, the server does not know. When no responder
 *   pulls, that may also be after its last delivery: only at the next pull does the server find that there is none left.
 * - stuck: the stream holds it, and the consumer will not deliver it again: `max_deliver` is reached. A handler that took longer
 *   than `ack_wait` at the last delivery may still be at it; its reply and its ack would be taken.
 * - replied, ended: the mailbox holds its reply, ok or otherwise. This stays so until the reply stream lets go of it.
 * - gone: it has left the stream, and the mailbox was empty before and after: the reply of an inbox request, and one
 *   older than the reply stream keeps, look like no reply. A dead letter that was replayed has a number of its own.
 * - unknown: no PubAck came, so there is no sequence to look for, and no reply is stored; or it was delivered, and the server's
 *   counts do not tell whether it is running or stuck. The evidence says which.
 *
 * A reply is stored before its request leaves the queue, so the mailbox is read first and, when the request is
 * gone, once more: between the two reads the responder may have finished.
 * @throws NotSetUpError, NoAnswerError when the server does not answer within 5 s, and the other errors of the server.
 */
export async function locate(nc: NatsConnection, of: HandleLike, options: HandleOptions = {}): Promise<Located> {
  return withRequest(nc, "locate", of, options, locateIn);
}

export async function locateIn(nc: NatsConnection, names: QueueNames, handle: Handle): Promise<Located> {
  const jsm = await jetStreamManager(nc, names);
  try {
    const { state } = await jsm.streams.info(handle.stream);
    const remaining = state.messages;
    const early = await readStoredReply(nc, names, handle);
    if (early) return replied(names, handle, early, remaining);
    const { at } = handle;
    const found = at === undefined ? undefined : await findSchedule(jsm, names, { ...handle, at });
    if (found?.scheduled) return { where: "scheduled", evidence: dueAt(handle.stream, found), remaining };
    const held = await findInQueue(nc, jsm, names, found?.request ?? handle);
    const { where = "unknown", evidence = "" } = held ?? {};
    if (held && where !== "stuck") return { where, evidence, remaining };
    const late = await readStoredReply(nc, names, handle);
    if (late) return replied(names, handle, late, remaining);
    if (held) return { where, evidence, remaining };
    if (handle.sequence > state.last_seq) {
      return { where: "unknown", evidence: neverThere(handle, state.last_seq), remaining };
    }
    return { ...absent(names, handle), remaining };
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error, names);
  }
}

function replied(names: QueueNames, handle: Handle, reply: StoredReply, remaining: number): Located {
  const { stream, subject } = replyPlace(names, handle);
  return {
    where: reply.status === "ok" ? "replied" : "ended",
    evidence: `${stream} holds its reply (${reply.status}) as message ${reply.sequence} on ${subject}`,
    remaining,
    reply,
  };
}

function absent(names: QueueNames, handle: Handle): Omit<Located, "remaining"> {
  if (handle.sequence === 0) {
    return {
      where: "unknown",
      evidence: `no PubAck came, so whether ${handle.stream} stored it is unknown; no reply is stored`,
    };
  }
  const left = `message ${handle.sequence} has left ${handle.stream}`;
  if (handle.store === "shared") {
    const { stream } = replyPlace(names, handle);
    return { where: "gone", evidence: `${left}; a reply in ${stream} is seen by a consumer of its time only` };
  }
  return {
    where: "gone",
    evidence: `${left} and no reply is stored: terminated, expired, removed, answered to an inbox, or replayed under another number`,
  };
}
