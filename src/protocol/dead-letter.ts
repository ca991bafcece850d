// Dead letter: a request that no attempt could answer, kept as a message with the reason in its headers.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { oneLine } from "./header-block.js";
import { header, type QueueNames } from "./subjects.js";

/** The headers that a dead letter has besides the request's own. */
export const deadLetterHeader = {
  /** Why there was no further attempt, in one line. */
  reason: "Dead-Letter-Reason",
  /** The subject the request was published on. */
  subject: "Dead-Letter-Subject",
  /** Its sequence in the request stream. */
  sequence: "Dead-Letter-Sequence",
  /** How often it was delivered. */
  deliveries: "Dead-Letter-Deliveries",
  requestId: "Dead-Letter-Request-Id",
  /** The consumer that delivered it. */
  consumer: "Dead-Letter-Consumer",
  /** The reply address; absent for a request without one. */
  replyTo: "Dead-Letter-Reply-To",
  /** How many bytes of the request did not fit into the copy: its payload, or its payload and its headers. Absent on a whole copy. */
  omittedBytes: "Dead-Letter-Omitted-Bytes",
  /** On the stored `dead-lettered` reply: the dead letter's own sequence, so that a replay removes no other reply. */
  letter: "Dead-Letter",
} as const;

export interface DeadLetterFacts {
  request: string;
  subject: string;
  /** Of the request in the request stream. */
  sequence: number;
  deliveries: number;
  reason: string;
  /** The consumer that delivered it; absent in a dead letter of an earlier version. */
  consumer?: string | undefined;
  replyTo?: string;
  /** Bytes of the request that the copy does not have; absent on a whole copy. */
  omittedBytes?: number;
}

/** `own` are the request's headers; those that would change how the copy is stored are left out. */
export function deadLetterHeaders(facts: DeadLetterFacts, own: MsgHdrs | undefined): MsgHdrs {
  const h = headers();
  copyHarmless(own, h);
  h.set(deadLetterHeader.reason, oneLine(facts.reason));
  h.set(deadLetterHeader.subject, facts.subject);
  h.set(deadLetterHeader.sequence, String(facts.sequence));
  h.set(deadLetterHeader.deliveries, String(facts.deliveries));
  h.set(deadLetterHeader.requestId, oneLine(facts.request, 400));
  if (facts.consumer) h.set(deadLetterHeader.consumer, facts.consumer);
  if (facts.replyTo) h.set(deadLetterHeader.replyTo, facts.replyTo);
  if (facts.omittedBytes) h.set(deadLetterHeader.omittedBytes, String(facts.omittedBytes));
  return h;
}

/** undefined for a message that is no dead letter of the kit. */
export function readDeadLetter(names: QueueNames, h: MsgHdrs | undefined): DeadLetterFacts | undefined {
  const subject = h?.get(deadLetterHeader.subject);
  const request = h?.get(deadLetterHeader.requestId);
  if (!h || !subject || !request || !names.isRequest(subject)) return undefined;
  const replyTo = h.get(deadLetterHeader.replyTo);
  const omittedBytes = Number(h.get(deadLetterHeader.omittedBytes)) || undefined;
  return {
    ...{ request, subject, reason: h.get(deadLetterHeader.reason) },
    sequence: Number(h.get(deadLetterHeader.sequence)),
    deliveries: Number(h.get(deadLetterHeader.deliveries)),
    consumer: h.get(deadLetterHeader.consumer) || undefined,
    replyTo: replyTo || undefined,
    omittedBytes,
  };
}

/**
 * The request's own headers for a replay, with its request id; the caller adds a new message id. The deadline is left out: it was about
 * the first publish, and a replayed request has to run.
 */
export function requestHeadersAgain(letter: MsgHdrs, { request }: DeadLetterFacts): MsgHdrs {
  const h = headers();
  copyHarmless(letter, h);
  h.delete(header.requestTimeout);
  h.delete(header.requestDeadline);
  h.set(header.requestId, request);
  return h;
}

/**
 * `Nats-*` is the server's: a message id, an expectation, a TTL or a rollup of the request must not apply to its copy.
 * `Nats-Reply` is not the server's (see dialects/trial.ts).
 */
const harmful = /^(nats-(?!reply$)|dead-letter)/i;

function copyHarmless(from: MsgHdrs | undefined, to: MsgHdrs): void {
  for (const name of from?.keys() ?? []) {
    if (harmful.test(name)) continue;
    for (const value of from?.values(name) ?? []) to.append(name, value);
  }
}
