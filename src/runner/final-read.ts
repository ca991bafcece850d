// Counts what the streams hold by reading it: a stream's own number can be wrong (a flipped bit in a block file).
// On a server that was there before, it also takes away what this run left in streams that were there before.
import type { SeqMsgRequest, StoredMsg } from "@nats-io/jetstream";
import type { HistoryEvent, RunEvent, StoredReply } from "../history/event.js";
import { readDeadLetter } from "../protocol/dead-letters.js";
import { identity } from "../protocol/dialects/kit.js";
import { readReply } from "../protocol/messages.js";
import {
  deadLetterStream,
  header,
  replyStream,
  requestStream,
  responderConsumer,
} from "../protocol/names.js";
import type { Environment } from "./environment.js";

/** What remained of requests and replies when everything had ended. */
export async function readStreams(environment: Environment): Promise<RunEvent[]> {
  if (environment.streams.length === 0) return [];
  const { jsm } = environment;
  const requests = (await readAll(environment, requestStream, "requests.*")).map(requestId);
  const { num_pending, num_ack_pending } = await jsm.consumers.info(requestStream, responderConsumer);
  const replies = (await readAll(environment, replyStream, "replies.*.*")).map(storedReply);
  return [
    {
      type: "requests-read",
      stream: requestStream,
      requests,
      pending: num_pending,
      ackPending: num_ack_pending,
    },
    { type: "replies-read", stream: replyStream, replies },
  ];
}

/** Removes the run's own requests and replies, and nobody else's. Streams made for the run are deleted whole elsewhere. */
export async function removeOwn(environment: Environment, events: readonly HistoryEvent[]): Promise<void> {
  const ids = new Set(events.flatMap((event) => ("request" in event ? [event.request] : [])));
  const { jsm, streams, created } = environment;
  for (const stream of streams.filter((name) => !created.includes(name))) {
    const { subjects, requestOf } = kinds[stream] as Kind;
    const own = (await readAll(environment, stream, subjects)).filter((msg) => ids.has(requestOf(msg)));
    for (const { seq } of own) await jsm.streams.deleteMessage(stream, seq);
  }
}

async function readAll({ jsm }: Environment, stream: string, subjects: string): Promise<StoredMsg[]> {
  const found: StoredMsg[] = [];
  for (let seq = 1; ; ) {
    // The server takes both (`next_by_subj` from `seq` on); the client's type knows them one at a time.
    const query = { seq, next_by_subj: subjects } as SeqMsgRequest;
    const next = await jsm.streams.getMessage(stream, query);
    if (!next) return found;
    found.push(next);
    seq = next.seq + 1;
  }
}

const requestId = (msg: StoredMsg) => identity(msg.header) || `${requestStream}:${msg.seq}`;

function storedReply(msg: StoredMsg): StoredReply {
  const { ending, text } = readReply({ headers: msg.header, data: msg.data });
  const request = msg.header?.get(header.requestId) || (msg.subject.split(".").at(-1) ?? "");
  return { request, ending, payload: text, subject: msg.subject, sequence: msg.seq };
}

interface Kind {
  subjects: string;
  /** The id of the request that a message is, answers, or was. */
  requestOf(msg: StoredMsg): string;
}

const kinds: Record<string, Kind> = {
  [requestStream]: { subjects: "requests.*", requestOf: requestId },
  [replyStream]: { subjects: "replies.*.*", requestOf: (msg) => storedReply(msg).request },
  [deadLetterStream]: {
    subjects: "dead-letters.*",
    requestOf: (msg) => readDeadLetter(msg.header)?.request ?? "",
  },
};
