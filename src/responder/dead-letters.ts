// Dead letters: copies a request that gets no further attempt into DEAD_LETTERS.
import { jetstreamManager } from "@nats-io/jetstream";
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish.js";
import { type DeadLetterFacts, deadLetterHeader, deadLetterHeaders } from "../protocol/dead-letter.js";
import type { KitError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { deadLetterStream, deadLetterSubject, header } from "../protocol/subjects.js";

/** The number of the attempt after which there is none: the consumer's `max_deliver`, or fewer. */
export function lastAttempt(maxDeliver: number, maxAttempts = Number.POSITIVE_INFINITY): number {
  return Math.min(maxAttempts, maxDeliver > 0 ? maxDeliver : Number.POSITIVE_INFINITY);
}

/** As long as a reply may be: an error's text can be of any length. */
const longestReason = 1_000;

/** A delivered message and one read from the stream fit. `headers` is absent if the client cannot parse them. */
interface CopiedMessage {
  headers?: MsgHdrs | undefined;
  data: Uint8Array;
}

interface FailedRequest {
  request: string;
  subject: string;
  sequence: number;
  deliveries: number;
  reason: string;
  replyTo: string | undefined;
}

/** The end of the request once the copy is stored: its reply, and the reason of the `+TERM`. */
interface DeadLetterResult {
  status: "dead-lettered";
  payload: string;
  headers: Record<string, string>;
  terminate: string;
  /** The dead letter is replayed by now: the mailbox belongs to the replay, and gets no reply of this attempt. */
  silent: boolean;
}

/**
 * Copies the request to the dead letters, and returns its result or why there is no copy. The caller stores the result's
 * reply and terminates the request only after that, so that no crash in between loses the request.
 */
export async function deadLetter(
  nc: NatsConnection,
  message: CopiedMessage,
  failed: FailedRequest,
  observe: Observe<ResponderEvent> | undefined,
): Promise<DeadLetterResult | KitError> {
  const reason = failed.reason.slice(0, longestReason);
  const { request, subject, sequence, deliveries, replyTo } = failed;
  const facts = { request, subject, sequence, deliveries, reason, ...(replyTo ? { replyTo } : {}) };
  const copy = await copyToDeadLetters(nc, message, facts);
  if (copy instanceof Error) return copy;
  observe?.({ type: "dead-lettered", request, reason, stream: copy.stream, sequence: copy.sequence });
  return {
    status: "dead-lettered",
    payload: reason,
    headers: { [deadLetterHeader.letter]: String(copy.sequence) },
    terminate: `dead-lettered: ${reason}`,
    silent: await isReplayed(nc, copy.sequence),
  };
}

/**
 * Where the copy is stored, or why it is not: StreamFullError, NotSetUpError, NoAnswerError, or InvalidInputError if the request
 * leaves no room in `max_payload` for the headers. A second copy within the stream's `duplicate_window` is the first one.
 */
export async function copyToDeadLetters(
  nc: NatsConnection,
  { headers, data }: CopiedMessage,
  facts: DeadLetterFacts,
): Promise<PubAck | KitError> {
  const subject = deadLetterSubject(facts.subject);
  try {
    const h = deadLetterHeaders(facts, headers);
    h.set(header.expectedStream, deadLetterStream);
    h.set(header.messageId, `dead-letter-${facts.sequence}-${facts.request}`);
    return await publishOnce(nc, subject, data, h);
  } catch (error) {
    return fromClientError(`copy to ${deadLetterStream}`, error); // headers that cannot be set
  }
}

/**
 * A copy that is gone from DEAD_LETTERS was replayed: another responder copied the request, crashed, and a person replayed it.
 * If the account may not read the stream, the copy counts as there.
 */
async function isReplayed(nc: NatsConnection, sequence: number): Promise<boolean> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(deadLetterStream, { seq: sequence })) === null;
  } catch {
    return false;
  }
}
