// Dead-letter replay: sends the request again. Its reply goes to the first mailbox, so that the first handle still finds it.

import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { isPassing, publishOnce } from "../connection/publish.js";
import { retryFor } from "../connection/retry.js";
import { checkOptions } from "../protocol/check-options.js";
import {
  type DeadLetterFacts,
  deadLetterHeader,
  readDeadLetter,
  requestHeadersAgain,
} from "../protocol/dead-letter.js";
import { InvalidInputError, KitError, NoAnswerError, NotFoundError } from "../protocol/errors.js";
import { readReply, readRequest } from "../protocol/headers.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import { header, type QueueNames } from "../protocol/subjects.js";

/** The result of a replay. */
export interface ReplayResult {
  /** The dead letter's sequence in DEAD_LETTERS; it is no longer there. */
  deadLetter: number;
  request: string;
  /** over: the request has another status by now, or was replayed before; it was not sent again. */
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
 * Publishes the request of a dead letter again, and deletes the dead letter. Subject, payload, reply address and request id stay the same
 * (header `Request-Id`); its `Nats-Msg-Id` is new, because the stream would drop it as a duplicate.
 *
 * The stored reply `dead-lettered` is removed first, because a mailbox takes one reply only. If there is none yet and the request is still
 * in its queue, the replay waits for it for up to a second: a responder may be about to store it. If the server refuses the request, the
 * reply is stored again. A step without an answer is repeated. An interrupted replay can run again, because the dead letter is deleted
 * last; until then its mailbox may be empty.
 *
 * @param sequence the dead letter's own, in DEAD_LETTERS: `DeadLetter.sequence`.
 * @throws InvalidInputError when there is no such dead letter, or when its payload did not fit (`omittedBytes`); StreamFullError,
 * NotSetUpError, NoAnswerError when the server does not answer within 5 s, and the server's other errors.
 * @example
 * for (const { sequence } of await listDeadLetters(nc)) await replayDeadLetter(nc, sequence);
 */
export async function replayDeadLetter(
  nc: NatsConnection,
  sequence: number,
  options: QueueOptions = {},
): Promise<ReplayResult> {
  checkOptions("replayDeadLetter", options, queueOptionNames);
  const names = queueNames(options);
  const what = `replay of dead letter ${sequence}`;
  try {
    const jsm = await jetStreamManager(nc, names, answer.eachMs);
    const replay = new Replay(nc, jsm, names, sequence);
    const passes = (error: unknown) => isPassing(fromClientError(what, error, names));
    return await retryFor(answer.retryMs, () => replay.run(), passes);
  } catch (error) {
    throw fromClientError(what, error, names);
  }
}

/** Milliseconds: for each answer of the server, and for how long a replay without an answer begins anew. Together 5 s. */
const answer = { eachMs: 1_000, retryMs: 4_000 };

/** One replay. Each step may be repeated, so an answer that is lost with a connection does not end it halfway. */
class Replay {
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #names: QueueNames;
  readonly #sequence: number;
  /** The reply that was removed, or may have been. */
  #removed: DeadLetterReply | undefined;
  #result: ReplayResult | undefined;

  constructor(nc: NatsConnection, jsm: JetStreamManager, names: QueueNames, sequence: number) {
    this.#nc = nc;
    this.#jsm = jsm;
    this.#names = names;
    this.#sequence = sequence;
  }

  async run(): Promise<ReplayResult> {
    this.#result ??= await this.#send();
    await remove(this.#jsm, this.#names, this.#names.deadLetterStream, this.#sequence);
    return this.#result;
  }

  async #send(): Promise<ReplayResult> {
    const letter = await readLetter(this.#jsm, this.#names, this.#sequence);
    const { request } = letter.facts;
    const reply = await storedReply(this.#jsm, this.#names, this.#sequence, letter.facts);
    // The reply is of a later dead letter of the same request: this one was replayed before a crash.
    if (reply && !reply.own) return { deadLetter: this.#sequence, request, outcome: "over" };
    this.#removed ??= reply;
    if (reply) await removeReply(this.#jsm, this.#names, reply);
    await removeOriginal(this.#jsm, this.#names, letter.facts);
    const sent = await publishAgain(this.#nc, this.#names, letter);
    if (sent instanceof KitError) {
      if (this.#removed && !(sent instanceof NoAnswerError)) await restoreReply(this.#nc, this.#names, this.#removed);
      throw sent;
    }
    return { deadLetter: this.#sequence, request, outcome: "replayed", sequence: sent };
  }
}

async function readLetter(jsm: JetStreamManager, names: QueueNames, seq: number): Promise<Letter> {
  const { deadLetterStream } = names;
  if (!Number.isSafeInteger(seq) || seq < 1) {
    throw new InvalidInputError(`Expected the sequence of a dead letter, a whole number from 1, got ${seq}.`);
  }
  const stored = await jsm.streams.getMessage(deadLetterStream, { seq });
  const facts = readDeadLetter(names, stored?.header);
  if (stored && facts?.omittedBytes) {
    throw new InvalidInputError(
      `Dead letter ${seq} (request ${facts.request}) has no payload: ${facts.omittedBytes} bytes of the request did not fit into ${deadLetterStream}. It cannot be replayed; send the request again where it came from.`,
    );
  }
  if (stored && facts) return { seq, stored, facts };
  throw new InvalidInputError(
    stored
      ? `Message ${seq} of ${deadLetterStream} is no dead letter of this kit.`
      : `${deadLetterStream} holds no message ${seq}; jsrr dead-letters list shows what it holds.`,
  );
}

async function removeReply(jsm: JetStreamManager, names: QueueNames, reply: DeadLetterReply): Promise<void> {
  const { stream, subject, sequence } = reply;
  // A bucket denies deletes (ADR-8), and not a purge of one key, which leaves nothing behind either.
  if (stream === names.kvStream) await jsm.streams.purge(stream, { filter: subject, seq: sequence + 1 });
  else await remove(jsm, names, stream, sequence);
}

/** The server has refused the request: its mailbox says `dead-lettered` as before. */
async function restoreReply(
  nc: NatsConnection,
  names: QueueNames,
  { subject, message }: DeadLetterReply,
): Promise<void> {
  const h = headers();
  for (const name of message.header.keys()) {
    if (name !== header.messageId) for (const value of message.header.values(name)) h.append(name, value);
  }
  await publishOnce(nc, names, subject, message.data, h);
}

/** A responder that crashed after the copy left the request in the queue, where it would run again. */
async function removeOriginal(jsm: JetStreamManager, names: QueueNames, facts: DeadLetterFacts): Promise<void> {
  const queued = await original(jsm, names, facts);
  if (queued) await remove(jsm, names, names.requestStream, queued.seq);
}

/** A message that is gone is no error: a responder may have terminated its request, or another replay may run. */
async function remove(jsm: JetStreamManager, names: QueueNames, stream: string, sequence: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(stream, sequence);
  } catch (error) {
    const refused = fromClientError(`message ${sequence} of ${stream}`, error, names);
    // The server has one error code for a message that is gone and for one that may not be deleted.
    if (!(refused instanceof NotFoundError) || (await jsm.streams.getMessage(stream, { seq: sequence }))) throw refused;
  }
}

/** Within the stream's `duplicate_window` the same letter replayed twice is one request. */
async function publishAgain(
  nc: NatsConnection,
  names: QueueNames,
  { seq, stored, facts }: Letter,
): Promise<number | KitError> {
  const h = requestHeadersAgain(stored.header, facts);
  h.set(header.messageId, `replay-${seq}-${stored.time.getTime()}`);
  h.set(header.expectedStream, names.requestStream);
  const ack = await publishOnce(nc, names, facts.subject, stored.data, h, answer.eachMs);
  return ack instanceof KitError ? ack : ack.sequence;
}

// The stored reply `dead-lettered`, which has the sequence of its dead letter in a header.

/** Milliseconds. A living responder stores its reply one round trip after the dead letter. */
const replyWait = { everyMs: 20, withinMs: 1_000 };

interface DeadLetterReply {
  stream: string;
  subject: string;
  sequence: number;
  message: StoredMsg;
  /**
   * It is the `dead-lettered` reply of this dead letter, and not of another one. A reply that names no other dead letter of the same
   * request counts as its own: a request that is sent once more than needed is no loss, and one that is deleted unsent is.
   */
  own: boolean;
}

/**
 * Undefined when no reply is stored. While the request is still in its queue, its responder may be about to store the reply; after the wait
 * it has crashed in between.
 * @param letter the dead letter's own sequence.
 */
async function storedReply(
  jsm: JetStreamManager,
  names: QueueNames,
  letter: number,
  facts: DeadLetterFacts,
): Promise<DeadLetterReply | undefined> {
  const { replyTo } = facts;
  if (!replyTo || names.keeping(replyTo) !== "once") return undefined;
  const deadline = performance.now() + replyWait.withinMs;
  for (;;) {
    // In this order: the reply is stored before the request leaves the queue.
    const queued = await original(jsm, names, facts);
    const reply = await readStored(jsm, names, replyTo, letter, facts.request);
    if (reply || !queued || performance.now() >= deadline) return reply;
    await wait(replyWait.everyMs);
  }
}

async function readStored(
  jsm: JetStreamManager,
  names: QueueNames,
  replyTo: string,
  letter: number,
  request: string,
): Promise<DeadLetterReply | undefined> {
  const stream = names.streamOf(replyTo);
  const reply = await jsm.streams.getMessage(stream, { last_by_subj: replyTo });
  if (!reply) return undefined;
  const { status } = readReply({ headers: reply.header, data: reply.data });
  const named = Number(reply.header.get(deadLetterHeader.letter)); // 0 or NaN if another responder wrote none, or no number
  const own = status === "dead-lettered" && (named === letter || !(await isLetterOf(jsm, names, named, request)));
  return { stream, subject: replyTo, sequence: reply.seq, message: reply, own };
}

async function isLetterOf(jsm: JetStreamManager, names: QueueNames, seq: number, request: string): Promise<boolean> {
  if (!Number.isSafeInteger(seq) || seq < 1) return false;
  const letter = await jsm.streams.getMessage(names.deadLetterStream, { seq });
  return readDeadLetter(names, letter?.header)?.request === request;
}

/** The request that the dead letter is a copy of, if it is still in its queue. */
async function original(
  jsm: JetStreamManager,
  { requestStream }: QueueNames,
  { request, sequence: seq }: DeadLetterFacts,
): Promise<StoredMsg | undefined> {
  const stored = await jsm.streams.getMessage(requestStream, { seq });
  if (!stored) return undefined;
  const { id } = readRequest({ subject: stored.subject, headers: stored.header });
  return (id ?? `${requestStream}:${seq}`) === request ? stored : undefined;
}
