// What the requester of a dead letter was told: the stored reply `dead-lettered`, which names the dead letter it is about.
import { setTimeout as passed } from "node:timers/promises";
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { type DeadLetterFacts, deadLetterHeader } from "../protocol/dead-letters.js";
import { readReply, readRequest } from "../protocol/messages.js";
import { replyStream, requestStream } from "../protocol/names.js";
import { isMailbox, keeping, kvStream } from "../protocol/reply-places.js";

/** Milliseconds. A responder that lives tells a round trip after its copy is stored. */
const patience = { everyMs: 20, withinMs: 1_000 };

export interface Told {
  stream: string;
  subject: string;
  sequence: number;
  /** It is about this dead letter, and no later one, nor another ending. */
  own: boolean;
}

/**
 * Undefined where nothing is stored. As long as the request is still in its queue its responder may be about to tell: after that
 * it has crashed in between, and nobody will.
 * @param letter is the dead letter's own sequence.
 */
export async function whatWasTold(
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
  const { ending } = readReply({ headers: reply.header, data: reply.data });
  const own = ending === "dead-lettered" && Number(reply.header.get(deadLetterHeader.letter)) === letter;
  return { stream, subject: replyTo, sequence: reply.seq, own };
}

/** The request that the dead letter is a copy of, where it is still in its queue. */
export async function original(
  jsm: JetStreamManager,
  { request, sequence: seq }: DeadLetterFacts,
): Promise<StoredMsg | undefined> {
  const stored = await jsm.streams.getMessage(requestStream, { seq });
  if (!stored) return undefined;
  const { id } = readRequest({ subject: stored.subject, headers: stored.header });
  return (id ?? `${requestStream}:${seq}`) === request ? stored : undefined;
}
