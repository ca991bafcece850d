// What is among the dead letters, oldest first.

import {
  type JetStreamManager,
  jetstreamManager,
  type SeqMsgRequest,
  type StoredMsg,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type DeadLetterFacts, readDeadLetter } from "../protocol/dead-letter.js";
import { fromClientError } from "../protocol/server-error.js";
import { deadLetterStream } from "../protocol/subjects.js";

export interface DeadLetter {
  /** Its own sequence in DEAD_LETTERS: what `replayDeadLetter` takes. */
  sequence: number;
  /** When it was put aside. */
  time: Date;
  /** The request's id. */
  request: string;
  /** The subject the request was published on. */
  subject: string;
  /** The request's sequence in REQUESTS. */
  requestSequence: number;
  /** How often it was delivered. */
  deliveries: number;
  reason: string;
  /** Where its requester waits for a reply; absent where it named no address. */
  replyTo?: string;
  payload: Uint8Array;
}

/**
 * Reads the whole stream, one message at a time.
 * @throws NotSetUpError where there is no DEAD_LETTERS stream, and the other errors of the server.
 */
export async function listDeadLetters(nc: NatsConnection): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    await jsm.streams.info(deadLetterStream); // told apart: an empty stream, and none
    for (let next = await nextFrom(jsm, 1); next; next = await nextFrom(jsm, next.seq + 1)) {
      const facts = readDeadLetter(next.header);
      if (facts) found.push(asDeadLetter(next, facts));
    }
    return found;
  } catch (error) {
    throw fromClientError(`stream ${deadLetterStream}`, error);
  }
}

function nextFrom(jsm: JetStreamManager, seq: number): Promise<StoredMsg | null> {
  // The server takes both (`next_by_subj` from `seq` on); the client's type knows them one at a time.
  const query = { seq, next_by_subj: "dead-letters.*" } as SeqMsgRequest;
  return jsm.streams.getMessage(deadLetterStream, query);
}

function asDeadLetter(stored: StoredMsg, facts: DeadLetterFacts): DeadLetter {
  const { sequence: requestSequence, ...rest } = facts;
  return { sequence: stored.seq, time: stored.time, requestSequence, ...rest, payload: stored.data };
}
