// The stored reply to a request: where it is, and how it is read.
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import {
  ClosedError,
  ForeignReplyError,
  JetStreamUnavailableError,
  KitError,
  NoAnswerError,
  NoRespondersError,
  NotPermittedError,
  NotSetUpError,
} from "../protocol/errors.js";
import type { Status } from "../protocol/events.js";
import { ReceivedReply, type Reply, type ReplyMessage, readHeader, readReplyTo } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { hasFeature } from "../protocol/server-version.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";

/** On the message that takes a key out of a bucket (ADR-8): DEL or PURGE. */
export const kvOperation = "KV-Operation";

/** A reply as its stream holds it. */
export interface StoredReply<Json = unknown> extends Reply<Json> {
  /** The reply's sequence in the reply stream. */
  readonly sequence: number;
}

class ReplyInStream extends ReceivedReply implements StoredReply {
  readonly sequence: number;

  constructor(status: Status, msg: ReplyMessage, sequence: number) {
    super(status, msg.data, msg);
    this.sequence = sequence;
  }
}

/** Stream and subject of the reply; no subject when it cannot be found by its request. */
export function replyPlace(
  names: QueueNames,
  { store, requester, request }: Handle,
): { stream: string; subject?: string } {
  if (store === "kv") return { stream: names.kvStream, subject: names.kvSubject(requester, request) };
  if (store === "shared") return { stream: names.sharedStream };
  return { stream: names.replyStream, subject: names.mailboxSubject(requester, request) };
}

/**
 * The stored reply, or undefined when there is none. `timeoutMs` is for each question to the server.
 * @throws ForeignReplyError when the message that is stored there is no reply to this request, and the errors of the server.
 */
export async function readStoredReply(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  timeoutMs = 5_000,
): Promise<StoredReply | undefined> {
  const { stream, subject } = replyPlace(names, handle);
  if (subject === undefined) return undefined;
  const jsm = await jetStreamManager(nc, names, timeoutMs);
  const stored = await readLast(nc, jsm, names, stream, subject);
  if (!stored) return undefined;
  const msg = asMessage(stored);
  if (handle.store === "kv" && readHeader(msg, kvOperation)) return undefined;
  const reply = readReplyTo(handle.request, msg);
  if (typeof reply === "string") {
    throw new ForeignReplyError(
      `Message ${stored.seq} of ${stream} on ${subject} is no reply to request ${handle.request}: ${reply}; another client had it stored there, and the first message in a mailbox wins.`,
    );
  }
  return new ReplyInStream(reply.status, msg, stored.seq);
}

/** Connections that may not ask the leader: it would be refused each time, and the server logs that. */
const directOnly = new WeakSet<NatsConnection>();

/**
 * The last message on one subject, or null when there is none. A direct get (`$JS.API.DIRECT.GET.<stream>.<subject>`, ADR-31) has
 * the subject where a permission can name it, and needs no leader. If it does not work, the leader is asked
 * (`$JS.API.STREAM.MSG.GET.<stream>`): an account that may do that can read the whole stream. An older server does not answer.
 * @throws NotPermittedError when neither way is allowed, JetStreamUnavailableError when nothing answers a direct get and the other way is not
 * allowed, NoAnswerError, ClosedError, NotSetUpError and the other errors of the server.
 */
export async function readLast(
  nc: NatsConnection,
  jsm: JetStreamManager,
  names: QueueNames,
  stream: string,
  subject: string,
): Promise<StoredMsg | null> {
  const what = `stream ${stream}`;
  const found = await jsm.direct
    .getMessage(stream, { last_by_subj: subject })
    .catch((error) => fromClientError(what, error, names));
  const wouldAnswer = !nc.info || hasFeature(nc, "no-stream-status"); // without info the connection is down
  if (found instanceof ClosedError || (found instanceof NoAnswerError && wouldAnswer)) throw found;
  if (found instanceof Error) return askLeader(nc, jsm, names, stream, subject, found);
  // Any replica may have answered, also one that is behind: in a cluster an empty mailbox is worth a second look.
  if (found || !nc.info?.cluster || directOnly.has(nc)) return found;
  return askLeader(nc, jsm, names, stream, subject, null);
}

/** `otherwise`: what the direct get came to, where the leader may not be asked. */
async function askLeader(
  nc: NatsConnection,
  jsm: JetStreamManager,
  names: QueueNames,
  stream: string,
  subject: string,
  otherwise: KitError | null,
): Promise<StoredMsg | null> {
  try {
    return await jsm.streams.getMessage(stream, { last_by_subj: subject });
  } catch (error) {
    const known = fromClientError(`stream ${stream}`, error, names);
    if (!(known instanceof NotPermittedError)) throw known;
    directOnly.add(nc);
    if (otherwise instanceof NoRespondersError) throw await whyUnanswered(jsm, names, stream, otherwise);
    if (otherwise) throw otherwise;
    return null;
  }
}

/** Status 503: the stream, JetStream or `allow_direct` is missing; only an account that may read the stream's info learns which. */
async function whyUnanswered(
  jsm: JetStreamManager,
  names: QueueNames,
  stream: string,
  cause: KitError,
): Promise<KitError> {
  const unanswered = `stream ${stream}: nothing answers a direct get`;
  const why = await jsm.streams.info(stream).then(
    ({ config }) =>
      config.allow_direct
        ? "; try again in a moment"
        : `; set allow_direct on the stream (${names.setupAdvice("--update")})`,
    (error: unknown) => fromClientError(`stream ${stream}`, error, names),
  );
  if (why instanceof NotSetUpError || why instanceof JetStreamUnavailableError) return why;
  const advice =
    why instanceof KitError
      ? ": it is missing, has no leader for a moment, or serves none (set allow_direct on the stream)"
      : why;
  return new JetStreamUnavailableError(`${unanswered}${advice}.`, { cause });
}

/** Lazily: the headers are parsed, and may be refused, when they are read. */
export const asMessage = (stored: StoredMsg) => ({
  subject: stored.subject,
  data: stored.data,
  get headers() {
    return stored.header;
  },
});
