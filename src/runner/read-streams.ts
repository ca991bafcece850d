// Reading of streams: counts their messages one by one, and removes those of the run from a given server.
import type { JetStreamManager, SeqMsgRequest, StoredMsg } from "@nats-io/jetstream";
import type { HistoryEvent, RunEvent, StoredReply } from "../history/event.js";
import { ofType } from "../history/select.js";
import { readDeadLetter } from "../protocol/dead-letter.js";
import { identity } from "../protocol/dialects/kit.js";
import { readReply } from "../protocol/headers.js";
import {
  deadLetterStream,
  header,
  isMailbox,
  kvBucket,
  kvStream,
  lastTokenOf,
  replyStream,
  requestStream,
  responderConsumer,
  sharedStream,
} from "../protocol/subjects.js";
import { orGone } from "../server/cluster.js";
import type { Environment } from "./environment.js";

/** What a run puts into each stream. */
const subjects: Record<string, string> = {
  [requestStream]: "requests.*",
  [replyStream]: "replies.>", // the parts, too
  [kvStream]: `$KV.${kvBucket}.*.*`,
  [sharedStream]: "shared-replies.*",
  [deadLetterStream]: "dead-letters.*",
};

export const subjectsOf = (stream: string) => subjects[stream] ?? ">";

/** The requests and replies that are left after all actors have ended. */
export async function readStreams(environment: Environment): Promise<RunEvent[]> {
  const { jsm, streams } = environment;
  if (streams.length === 0) return [];
  const requests = (await readAll(jsm, requestStream, subjectsOf(requestStream))).map(requestId);
  const consumer = await orGone(jsm.consumers.info(requestStream, responderConsumer), undefined);
  const [pending, ackPending] = [consumer?.num_pending, consumer?.num_ack_pending];
  const events: RunEvent[] = [{ type: "requests-read", stream: requestStream, requests, pending, ackPending }];
  for (const stream of streams.filter((name) => name !== requestStream && name !== deadLetterStream)) {
    const stored = await readAll(jsm, stream, subjectsOf(stream));
    const whole = stored.filter(({ subject }) => stream !== replyStream || isMailbox(subject));
    events.push({ type: "replies-read", stream, replies: whole.map(storedReply) });
  }
  return events;
}

/** Removes the run's own requests and replies from streams that existed before. The environment deletes the others. */
export async function removeOwn(environment: Environment, events: readonly HistoryEvent[]): Promise<void> {
  const ids = new Set(events.flatMap((event) => ("request" in event ? [event.request] : [])));
  const byHand = new Set(ofType(events, "published").map((e) => `${e.stream} ${e.sequence}`));
  const { jsm, streams, created } = environment;
  for (const stream of streams.filter((name) => !created.includes(name))) {
    const messages = await readAll(jsm, stream, subjectsOf(stream));
    const own = messages.filter((msg) => ids.has(requestOf(stream, msg)) || byHand.has(`${stream} ${msg.seq}`));
    for (const { seq, subject } of own) {
      // A bucket lets keys be purged, and no message deleted (ADR-8).
      if (stream === kvStream) await jsm.streams.purge(stream, { filter: subject });
      else await jsm.streams.deleteMessage(stream, seq);
    }
  }
}

export async function readAll(jsm: JetStreamManager, stream: string, subjects: string): Promise<StoredMsg[]> {
  const found: StoredMsg[] = [];
  for (let seq = 1; ; ) {
    // The server takes both (`next_by_subj` from `seq` on); the client's type knows them one at a time.
    const query = { seq, next_by_subj: subjects } as SeqMsgRequest;
    const next = await orGone(jsm.streams.getMessage(stream, query), null);
    if (!next) return found;
    found.push(next);
    seq = next.seq + 1;
  }
}

const requestId = (msg: StoredMsg) => identity(msg.header) || `${requestStream}:${msg.seq}`;

function storedReply(msg: StoredMsg): StoredReply {
  const { status, text, parts } = readReply({ headers: msg.header, data: msg.data });
  const request = msg.header?.get(header.requestId) || lastTokenOf(msg);
  return { request, status, payload: text, subject: msg.subject, sequence: msg.seq, parts };
}

/** The id of the request that a message is, answers, or was. */
function requestOf(stream: string, msg: StoredMsg): string {
  if (stream === requestStream) return requestId(msg);
  if (stream === deadLetterStream) return readDeadLetter(msg.header)?.request ?? "";
  return storedReply(msg).request;
}
