// Reading of streams: counts their messages one by one, and removes those of the run from a given server.
import {
  type ConsumerInfo,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  type StreamState,
} from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/nats-core";
import { nextMessage } from "../connection/jetstream.js";
import type { HistoryEvent, RunEvent, StoredReply } from "../history/event.js";
import { ofType } from "../history/select.js";
import { readDeadLetter } from "../protocol/dead-letter.js";
import { identity } from "../protocol/dialects/kit.js";
import { readReply } from "../protocol/headers.js";

import { header, type QueueNames, requestIdIn } from "../protocol/subjects.js";
import { orGone, orUnavailable } from "../server/cluster.js";

import type { Environment } from "./environment.js";

interface StreamMessage {
  seq: number;
  subject: string;
  headers?: MsgHdrs | undefined;
  data: Uint8Array;
}

/**
 * The requests and replies that are left in each queue after all actors have ended. A stream without a leader is left out: nothing is
 * known of it.
 */
export async function readStreams({ jsm, streams, queues }: Environment): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (const names of streams.length === 0 ? [] : queues) {
    const { requestStream, replyStream, kvStream, sharedStream } = names;
    const requests = await orUnavailable(readRequests(jsm, requestStream));
    if (requests) events.push(requests);
    for (const stream of [replyStream, kvStream, sharedStream].filter((name) => streams.includes(name))) {
      const found = await orUnavailable(
        readWhole(jsm, stream, (msg) =>
          stream !== replyStream || names.isMailbox(msg.subject) ? storedReply(msg) : undefined,
        ),
      );
      if (!found) continue;
      const { read, missing } = found;
      events.push({ type: "replies-read", stream, replies: read.filter((reply) => reply !== undefined), missing });
    }
  }
  return events;
}

async function readRequests(jsm: JetStreamManager, stream: string): Promise<RunEvent> {
  const left = await readWhole(jsm, stream, requestIdOf(stream));
  const consumers = await orGone(responderConsumers(jsm, stream), []);
  const sum = (count: (info: ConsumerInfo) => number) =>
    consumers.length === 0 ? undefined : consumers.reduce((total, info) => total + count(info), 0);
  const [pending, ackPending] = [sum((info) => info.num_pending), sum((info) => info.num_ack_pending)];
  return { type: "requests-read", stream, requests: left.read, missing: left.missing, pending, ackPending };
}

/** Durable ones, which responders pull from: others, such as a mirror's, deliver nothing to them. */
async function responderConsumers(jsm: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const infos: ConsumerInfo[] = [];
  for await (const info of jsm.consumers.list(stream)) if (info.config.durable_name) infos.push(info);
  return infos;
}

/** Removes the run's own requests and replies from streams that existed before. The environment deletes the others. */
export async function removeOwn(environment: Environment, events: readonly HistoryEvent[]): Promise<void> {
  const ids = new Set(events.flatMap((event) => ("request" in event ? [event.request] : [])));
  const byHand = new Set(ofType(events, "published").map((e) => `${e.stream} ${e.sequence}`));
  const { jsm, streams, queues, created } = environment;
  for (const stream of streams.filter((name) => !created.includes(name))) {
    const own = await readAll(jsm, stream, ({ seq, subject, ...msg }) => {
      const isOwn = ids.has(requestOf(stream, queues, { seq, subject, ...msg })) || byHand.has(`${stream} ${seq}`);
      return { seq, subject, isOwn };
    });
    for (const { seq, subject, isOwn } of own) {
      if (!isOwn) continue;
      // A bucket lets keys be purged, and no message deleted (ADR-8).
      if (queues.some(({ kvStream }) => kvStream === stream)) await jsm.streams.purge(stream, { filter: subject });
      else await jsm.streams.deleteMessage(stream, seq);
    }
  }
}

const requestIdOf = (stream: string) => (msg: StreamMessage) => identity(msg.headers) || `${stream}:${msg.seq}`;

function storedReply(msg: StreamMessage): StoredReply {
  const { status, text, parts } = readReply(msg);
  const request = msg.headers?.get(header.requestId) || requestIdIn(msg);
  return { request, status, payload: text, subject: msg.subject, sequence: msg.seq, parts };
}

/** The id of the request that a message is, answers, or was. */
function requestOf(stream: string, queues: readonly QueueNames[], msg: StreamMessage): string {
  if (queues.some(({ requestStream }) => requestStream === stream)) return requestIdOf(stream)(msg);
  const names = queues.find(({ deadLetterStream }) => deadLetterStream === stream);
  if (names) return readDeadLetter(names, msg.headers)?.request ?? "";
  return storedReply(msg).request;
}

// A whole stream, from its first message to its last one.

type Take<T> = (msg: StreamMessage) => T;

/** What can be read of it, in the stream's order; nothing if it is gone. */
export async function readAll<T>(jsm: JetStreamManager, stream: string, take: Take<T>): Promise<T[]> {
  return [...(await readInOrder(jsm, stream, take)).values()];
}

/**
 * The same, compared with the stream's own count. Each message that is counted and was not read is looked for once more: a
 * damaged one is counted, and the server answers that it cannot be read. `missing` counts those without such an answer.
 */
async function readWhole<T>(jsm: JetStreamManager, stream: string, take: Take<T>): Promise<Whole<T>> {
  const read = await readInOrder(jsm, stream, take);
  const state = await stateOf(jsm, stream, { deleted_details: true });
  if (state === undefined || read.size >= state.messages) return { read: [...read.values()] };
  const deleted = new Set(state.deleted);
  const unread: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++)
    if (!read.has(seq) && !deleted.has(seq)) unread.push(seq);
  let unreadable = 0;
  await atOnce(unread, async (seq) => {
    try {
      const msg = await jsm.streams.getMessage(stream, { seq });
      if (msg) read.set(seq, take(messageOf(msg)));
      else unreadable++;
    } catch (error) {
      if (error instanceof JetStreamApiError) unreadable++;
    }
  });
  const missing = state.messages - read.size - unreadable;
  const inOrder = [...read].sort(([a], [b]) => a - b).map(([, one]) => one);
  return missing > 0 ? { read: inOrder, missing } : { read: inOrder };
}

interface Whole<T> {
  read: T[];
  missing?: number;
}

/** Fewer are read one by one: that needs no consumer. */
const fewMessages = 500;

async function readInOrder<T>(jsm: JetStreamManager, stream: string, take: Take<T>): Promise<Map<number, T>> {
  const info = await orGone(jsm.streams.info(stream), undefined);
  if (!info) return new Map();
  const { config, state } = info;
  // A work queue has one consumer for each subject, and that is the responders'.
  return config.retention === RetentionPolicy.Limits && state.messages > fewMessages
    ? consumeAll(jsm, stream, state, take)
    : getAll(jsm, stream, state, take);
}

/** Without a message for so long, the rest is not delivered: it is damaged, or was removed. Milliseconds. */
const idleMs = 2_000;

async function consumeAll<T>(jsm: JetStreamManager, stream: string, { last_seq }: StreamState, take: Take<T>) {
  const read = new Map<number, T>();
  const consumer = await jsm.jetstream().consumers.get(stream);
  const messages = await consumer.consume({ max_messages: 1_000 });
  let idle = setTimeout(() => messages.stop(), idleMs);
  let since = performance.now();
  for await (const msg of messages) {
    read.set(msg.seq, take(msg));
    if (msg.seq >= last_seq || msg.info.pending === 0) break;
    if (performance.now() - since < idleMs / 4) continue;
    since = performance.now();
    clearTimeout(idle);
    idle = setTimeout(() => messages.stop(), idleMs);
  }
  clearTimeout(idle);
  await consumer.delete().catch(() => {}); // the server removes it when it is idle
  return read;
}

/** Sequences that one reader follows at a time. */
const stretch = 256;

/** Several readers, each on a stretch of its own, from message to message. */
async function getAll<T>(jsm: JetStreamManager, stream: string, { first_seq, last_seq }: StreamState, take: Take<T>) {
  const found = new Map<number, T>();
  let next = first_seq;
  const stretches = function* () {
    for (; next <= last_seq; next += stretch) yield next;
  };
  await atOnce(stretches(), async (start) => {
    for (let seq = start; seq < start + stretch && seq <= last_seq; ) {
      const msg = await orGone(nextMessage(jsm, stream, ">", seq), null);
      // Nothing is between: the other readers need not look there.
      next = Math.max(next, (msg?.seq ?? last_seq + 1) - stretch);
      if (!msg) return;
      if (msg.seq < start + stretch) found.set(msg.seq, take(messageOf(msg)));
      seq = msg.seq + 1;
    }
  });
  return new Map([...found].sort(([a], [b]) => a - b));
}

const messageOf = ({ seq, subject, header, data }: { header: MsgHdrs } & StreamMessage): StreamMessage => ({
  ...{ seq, subject, headers: header, data },
});

const stateOf = async (jsm: JetStreamManager, stream: string, options: { deleted_details: boolean }) =>
  (await orGone(jsm.streams.info(stream, options), undefined))?.state;

const mostAtOnce = 64;

/** Works on many things, 64 at a time. */
async function atOnce<A>(all: Iterable<A>, work: (one: A) => Promise<void>): Promise<void> {
  const left = all[Symbol.iterator]();
  const worker = async () => {
    for (let one = left.next(); !one.done; one = left.next()) await work(one.value);
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
}
