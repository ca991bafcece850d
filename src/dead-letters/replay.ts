// Sends a dead request once more. Its reply goes to its first mailbox, so that whoever kept the handle still gets it.

import { setTimeout as passed } from "node:timers/promises";
import { type JetStreamManager, jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish.js";
import {
  type DeadLetterFacts,
  deadLetterHeader,
  readDeadLetter,
  requestHeadersAgain,
} from "../protocol/dead-letter.js";
import { InvalidInputError, NotFoundError } from "../protocol/errors.js";
import { readReply, readRequest } from "../protocol/messages.js";
import { fromClientError } from "../protocol/server-error.js";
import {
  deadLetterStream,
  header,
  isMailbox,
  keeping,
  kvStream,
  replyStream,
  requestStream,
} from "../protocol/subjects.js";

export interface Replayed {
  /** The dead letter's sequence in DEAD_LETTERS; it is no longer there. */
  deadLetter: number;
  request: string;
  /** `over`: the request has another status by now, or was replayed before; it was not sent again. */
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
 * removed first, because a mailbox takes one reply only; where there is none yet and the request is still in its queue, it is waited
 * for up to a second, because a responder may be about to store it. Broken off anywhere it can be done again: the dead letter goes last.
 * @param sequence is the dead letter's own, in DEAD_LETTERS.
 * @throws InvalidInputError where there is no such dead letter, StreamFullError, NotSetUpError, NoAnswerError and the other errors of the server.
 */
export async function replayDeadLetter(nc: NatsConnection, sequence: number): Promise<Replayed> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const letter = await readLetter(jsm, sequence);
    const { request } = letter.facts;
    if (!(await takeBack(jsm, letter))) {
      await remove(jsm, deadLetterStream, sequence);
      return { deadLetter: sequence, request, outcome: "over" };
    }
    await removeOriginal(jsm, letter.facts);
    const sent = await publish(nc, letter);
    await remove(jsm, deadLetterStream, sequence);
    return { deadLetter: sequence, request, outcome: "replayed", sequence: sent };
  } catch (error) {
    throw fromClientError(`replay of dead letter ${sequence}`, error);
  }
}

async function readLetter(jsm: JetStreamManager, seq: number): Promise<Letter> {
  if (!Number.isSafeInteger(seq) || seq < 1) {
    throw new InvalidInputError(`Expected the sequence of a dead letter, a whole number from 1, got ${seq}.`);
  }
  const stored = await jsm.streams.getMessage(deadLetterStream, { seq });
  const facts = readDeadLetter(stored?.header);
  if (stored && facts) return { seq, stored, facts };
  throw new InvalidInputError(
    stored
      ? `Message ${seq} of ${deadLetterStream} is no dead letter of this kit.`
      : `${deadLetterStream} holds no message ${seq}; jsrr dead-letters list shows what it holds.`,
  );
}

/** False where another status is stored than this dead letter's: then the request needs no replay. */
async function takeBack(jsm: JetStreamManager, { seq, facts }: Letter): Promise<boolean> {
  const told = await whatWasTold(jsm, seq, facts);
  if (!told) return true;
  // A later dead letter of the same request has told its own: this one was replayed before a crash.
  if (!told.own) return false;
  const { stream, subject, sequence } = told;
  // A bucket denies deletes (ADR-8), and not a purge of one key, which leaves nothing behind either.
  if (stream === kvStream) await jsm.streams.purge(stream, { filter: subject, seq: sequence + 1 });
  else await remove(jsm, stream, sequence);
  return true;
}

/** A responder that crashed after the copy left the request in the queue, where it would run a second time. */
async function removeOriginal(jsm: JetStreamManager, facts: DeadLetterFacts): Promise<void> {
  const queued = await original(jsm, facts);
  if (queued) await remove(jsm, requestStream, queued.seq);
}

/** Somebody may have been as fast: a responder that terminates its request, or another replay. */
async function remove(jsm: JetStreamManager, stream: string, sequence: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(stream, sequence);
  } catch (error) {
    const told = fromClientError(`message ${sequence} of ${stream}`, error);
    // The server has one number for what is gone and for what may not be deleted.
    if (!(told instanceof NotFoundError) || (await jsm.streams.getMessage(stream, { seq: sequence })))
      throw told;
  }
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

// What the requester of a dead letter was told: the stored reply `dead-lettered`, which names the dead letter it is about.

/** Milliseconds. A responder that lives tells a round trip after its copy is stored. */
const patience = { everyMs: 20, withinMs: 1_000 };

interface Told {
  stream: string;
  subject: string;
  sequence: number;
  /** It is about this dead letter, and no later one, nor another status. */
  own: boolean;
}

/**
 * Undefined where nothing is stored. As long as the request is still in its queue its responder may be about to tell: after that
 * it has crashed in between, and nobody will.
 * @param letter is the dead letter's own sequence.
 */
async function whatWasTold(
  jsm: JetStreamManager,
  letter: number,
  facts: DeadLetterFacts,
): Promise<Told | undefined> {
  const { replyTo } = facts;
  if (!replyTo || keeping(replyTo) !== "once") return undefined;
  const deadline = performance.now() + patience.withinMs;
  for (;;) {
    // In this order: what has left the queue was told before.
    const queued = await original(jsm, facts);
    const told = await read(jsm, replyTo, letter);
    if (told || !queued || performance.now() >= deadline) return told;
    await passed(patience.everyMs);
  }
}

async function read(jsm: JetStreamManager, replyTo: string, letter: number): Promise<Told | undefined> {
  const stream = isMailbox(replyTo) ? replyStream : kvStream;
  const reply = await jsm.streams.getMessage(stream, { last_by_subj: replyTo });
  if (!reply) return undefined;
  const { status } = readReply({ headers: reply.header, data: reply.data });
  const own = status === "dead-lettered" && Number(reply.header.get(deadLetterHeader.letter)) === letter;
  return { stream, subject: replyTo, sequence: reply.seq, own };
}

/** The request that the dead letter is a copy of, where it is still in its queue. */
async function original(
  jsm: JetStreamManager,
  { request, sequence: seq }: DeadLetterFacts,
): Promise<StoredMsg | undefined> {
  const stored = await jsm.streams.getMessage(requestStream, { seq });
  if (!stored) return undefined;
  const { id } = readRequest({ subject: stored.subject, headers: stored.header });
  return (id ?? `${requestStream}:${seq}`) === request ? stored : undefined;
}
