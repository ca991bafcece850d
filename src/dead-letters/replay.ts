// Sends a dead request once more. Its reply goes to its first mailbox, so that whoever kept the handle still gets it.
import { type JetStreamManager, jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish-once.js";
import {
  type DeadLetterFacts,
  deadLetterHeader,
  readDeadLetter,
  requestHeadersAgain,
} from "../protocol/dead-letters.js";
import { InvalidInput } from "../protocol/errors.js";
import { readReply, readRequest } from "../protocol/messages.js";
import { deadLetterStream, header, replyStream, requestStream } from "../protocol/names.js";
import { isMailbox } from "../protocol/reply-places.js";
import { fromClientError } from "../protocol/server-error.js";

export interface Replayed {
  /** The dead letter's sequence in DEAD_LETTERS; it is no longer there. */
  deadLetter: number;
  request: string;
  /** `over`: the request has another ending by now, or was replayed before; it was not sent again. */
  outcome: "replayed" | "over";
  /** The request's new sequence in REQUESTS, where it was replayed. */
  sequence?: number;
}

interface Letter {
  seq: number;
  stored: StoredMsg;
  facts: DeadLetterFacts;
}

/**
 * Publishes the request again with its subject, payload, reply address and identity (header `Request-Id`; its `Nats-Msg-Id`
 * is new, or the stream would take it for a duplicate), and deletes the dead letter. The stored reply `dead-lettered` is
 * removed first, because a mailbox takes one reply only. Broken off anywhere it can be done again: the dead letter goes last.
 * @param sequence is the dead letter's own, in DEAD_LETTERS.
 * @throws InvalidInput where there is no such dead letter, StreamFull, NotSetUp, NoAnswer and the other errors of the server.
 */
export async function replayDeadLetter(nc: NatsConnection, sequence: number): Promise<Replayed> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const letter = await readLetter(jsm, sequence);
    const { request } = letter.facts;
    if (!(await clearMailbox(jsm, letter))) {
      await jsm.streams.deleteMessage(deadLetterStream, sequence);
      return { deadLetter: sequence, request, outcome: "over" };
    }
    await removeOriginal(jsm, letter.facts);
    const sent = await publish(nc, letter);
    await jsm.streams.deleteMessage(deadLetterStream, sequence);
    return { deadLetter: sequence, request, outcome: "replayed", sequence: sent };
  } catch (error) {
    throw fromClientError(`replay of dead letter ${sequence}`, error);
  }
}

async function readLetter(jsm: JetStreamManager, seq: number): Promise<Letter> {
  if (!Number.isSafeInteger(seq) || seq < 1) {
    throw new InvalidInput(`Expected the sequence of a dead letter, a whole number from 1, got ${seq}.`);
  }
  const stored = await jsm.streams.getMessage(deadLetterStream, { seq });
  const facts = readDeadLetter(stored?.header);
  if (stored && facts) return { seq, stored, facts };
  throw new InvalidInput(
    stored
      ? `Message ${seq} of ${deadLetterStream} is no dead letter of this kit.`
      : `${deadLetterStream} holds no message ${seq}; jsrr dead-letters list shows what it holds.`,
  );
}

/** False where the mailbox holds an ending that is not this dead letter's: then the request needs no replay. */
async function clearMailbox(jsm: JetStreamManager, { seq, facts }: Letter): Promise<boolean> {
  const { replyTo } = facts;
  if (!replyTo || !isMailbox(replyTo)) return true;
  const reply = await jsm.streams.getMessage(replyStream, { last_by_subj: replyTo });
  if (!reply) return true;
  const { ending } = readReply({ headers: reply.header, data: reply.data });
  // A later dead letter of the same request has told its own: this one was replayed before a crash.
  if (ending !== "dead-lettered" || ownLetter(reply.header) !== seq) return false;
  await jsm.streams.deleteMessage(replyStream, reply.seq);
  return true;
}

const ownLetter = (h: MsgHdrs) => Number(h.get(deadLetterHeader.letter));

/** A responder that crashed after the copy left the request in the queue, where it would run a second time. */
async function removeOriginal(
  jsm: JetStreamManager,
  { request, sequence: seq }: DeadLetterFacts,
): Promise<void> {
  const original = await jsm.streams.getMessage(requestStream, { seq });
  if (!original) return;
  const { id } = readRequest({ subject: original.subject, headers: original.header });
  if ((id ?? `${requestStream}:${seq}`) === request) await jsm.streams.deleteMessage(requestStream, seq);
}

/** Within the stream's `duplicate_window` the same letter replayed twice is one request. */
async function publish(nc: NatsConnection, { seq, stored, facts }: Letter): Promise<number> {
  const h = requestHeadersAgain(stored.header, facts);
  h.set(header.messageId, `replay-${seq}-${stored.time.getTime()}`);
  h.set(header.expectedStream, requestStream);
  const ack = await publishOnce(nc, facts.subject, stored.data, h);
  if (ack instanceof Error) throw ack;
  return ack.sequence;
}
