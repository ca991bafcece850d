// Dead-letter list: reads the DEAD_LETTERS stream, oldest first.
import type { StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { checkOptions } from "../protocol/check-options.js";
import { type DeadLetterFacts, readDeadLetter } from "../protocol/dead-letter.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";

/** A request that no attempt could answer, as DEAD_LETTERS holds it. */
export interface DeadLetter {
  /** Its own sequence in DEAD_LETTERS: what `replayDeadLetter` takes. */
  sequence: number;
  /** When it became a dead letter. */
  time: Date;
  /** The request's id. */
  request: string;
  /** The subject the request was published on. */
  subject: string;
  /** The request's sequence in REQUESTS. */
  requestSequence: number;
  /** How often it was delivered. */
  deliveries: number;
  /** Why there was no further attempt, in one line. */
  reason: string;
  /** The consumer that delivered it; absent in a dead letter of an earlier version. */
  consumer?: string | undefined;
  /** The reply address; absent for a request without one. */
  replyTo?: string;
  /** Empty if it did not fit (`omittedBytes`). */
  payload: Uint8Array;
  /** Bytes of the request that did not fit into DEAD_LETTERS. Such a dead letter cannot be replayed. Absent on a whole copy. */
  omittedBytes?: number;
}

/**
 * Reads all dead letters, one message at a time.
 *
 * @throws NotSetUpError when there is no DEAD_LETTERS stream, NoAnswerError when the server does not answer within 5 s, and the server's
 * other errors.
 * @example
 * for (const { sequence, request, reason } of await listDeadLetters(nc)) console.log(sequence, request, reason);
 */
export async function listDeadLetters(nc: NatsConnection, options: QueueOptions = {}): Promise<DeadLetter[]> {
  checkOptions("listDeadLetters", options, queueOptionNames);
  const names = queueNames(options);
  const { deadLetterStream, deadLetterPrefix } = names;
  const found: DeadLetter[] = [];
  try {
    const jsm = await jetStreamManager(nc, names);
    await jsm.streams.info(deadLetterStream); // throws when there is no stream
    const nextFrom = (seq: number) => nextMessage(jsm, deadLetterStream, `${deadLetterPrefix}>`, seq);
    for (let next = await nextFrom(1); next; next = await nextFrom(next.seq + 1)) {
      const facts = readDeadLetter(names, next.header);
      if (facts) found.push(asDeadLetter(next, facts));
    }
    return found;
  } catch (error) {
    throw fromClientError(`stream ${deadLetterStream}`, error, names);
  }
}

function asDeadLetter(stored: StoredMsg, facts: DeadLetterFacts): DeadLetter {
  const { sequence: requestSequence, ...rest } = facts;
  return { sequence: stored.seq, time: stored.time, requestSequence, ...rest, payload: stored.data };
}
