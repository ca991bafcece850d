// What becomes of a request whose attempt failed: another one later, or, after the last, a dead letter.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import { deadLetterHeader } from "../protocol/dead-letters.js";
import type { KitError } from "../protocol/errors.js";
import { deadLetterStream } from "../protocol/names.js";
import { bury, type Dead } from "./dead-letter-box.js";
import type { Delivery } from "./delivery.js";
import type { Result } from "./result.js";

export interface Failed {
  id: string;
  msg: Dead & { subject: string };
  delivery: Pick<Delivery, "sequence" | "delivery">;
  addressed?: { replyTo: string };
}

/** As long as a reply may be: an error's text can be of any length. */
const longestReason = 1_000;

/**
 * Copies the request to the dead letters.
 * @returns what its requester is told next, after which the request is terminated: in this order no crash loses it. Where it has
 * been replayed by now the requester is told nothing: the mailbox is the replay's. Or why there is no copy.
 */
export async function deadLetter(
  nc: NatsConnection,
  { id, msg, delivery, addressed }: Failed,
  why: string,
  observe: Observe<ResponderEvent> | undefined,
): Promise<Result | KitError> {
  const reason = why.slice(0, longestReason);
  const { sequence, delivery: deliveries } = delivery;
  const replyTo = addressed ? { replyTo: addressed.replyTo } : {};
  const facts = { request: id, subject: msg.subject, sequence, deliveries, reason, ...replyTo };
  const copy = await bury(nc, msg, facts);
  if (copy instanceof Error) return copy;
  observe?.({
    type: "dead-lettered",
    ...{ request: id, reason, stream: copy.stream, sequence: copy.sequence },
  });
  const told = { ending: "dead-lettered", payload: reason, terminate: `dead-lettered: ${reason}` } as const;
  if (await isGone(nc, copy.sequence)) return { ...told, silent: true };
  return {
    ...told,
    headers: { [deadLetterHeader.letter]: String(copy.sequence) },
  };
}

/**
 * A copy that is stored once, within a day, may have been replayed since it was: by a responder that crashed right after it, or
 * because this one was slow to learn of it. Who may not read it takes it to be there.
 */
async function isGone(nc: NatsConnection, seq: number): Promise<boolean> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(deadLetterStream, { seq })) === null;
  } catch {
    return false;
  }
}

/** The number of the attempt after which there is none: the consumer's `max_deliver`, or fewer. */
export function lastAttempt(maxDeliver: number, maxAttempts = Number.POSITIVE_INFINITY): number {
  return Math.min(maxAttempts, maxDeliver > 0 ? maxDeliver : Number.POSITIVE_INFINITY);
}
