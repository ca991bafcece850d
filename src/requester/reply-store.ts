// The places that keep a reply under its request, so that any process with the handle can read it.
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { ForeignReply } from "../protocol/errors.js";
import { whyForeign } from "../protocol/foreign.js";
import { type Reply, readHeader, readReply } from "../protocol/messages.js";
import { mailboxSubject, replyStream } from "../protocol/names.js";
import { kvStream, kvSubject, sharedStream } from "../protocol/reply-places.js";
import type { Handle } from "./handle.js";
import { readLast } from "./read-mailbox.js";

/** On the message that takes a key out of a bucket (ADR-8): DEL or PURGE. */
export const kvOperation = "KV-Operation";

export interface StoredReply extends Reply {
  /** The reply's sequence in the reply stream. */
  sequence: number;
}

/** Stream and subject of the reply; no subject where nothing finds it by its request. */
export function placeOf({ store, requester, request }: Handle): { stream: string; subject?: string } {
  if (store === "kv") return { stream: kvStream, subject: kvSubject(requester, request) };
  if (store === "shared") return { stream: sharedStream };
  return { stream: replyStream, subject: mailboxSubject(requester, request) };
}

/** @throws ForeignReply when what is stored there is no reply to this request, and the errors of the server. */
export async function readReplyOf(
  nc: NatsConnection,
  jsm: JetStreamManager,
  handle: Handle,
): Promise<StoredReply | undefined> {
  const { stream, subject } = placeOf(handle);
  if (subject === undefined) return undefined;
  const stored = await readLast(nc, jsm, stream, subject);
  if (!stored) return undefined;
  const msg = asMessage(stored);
  if (handle.store === "kv" && readHeader(msg, kvOperation)) return undefined;
  const why = whyForeign(msg, handle.request);
  if (why) {
    throw new ForeignReply(
      `Message ${stored.seq} of ${stream} on ${subject} is no reply to request ${handle.request}: ${why}; somebody else had it stored there, and the first message in a mailbox wins.`,
    );
  }
  return { ...readReply(msg), sequence: stored.seq };
}

/** Lazily: the headers are parsed, and may be refused, when they are read. */
export const asMessage = (stored: StoredMsg) => ({
  subject: stored.subject,
  data: stored.data,
  get headers() {
    return stored.header;
  },
});
