// Replies in a mailbox: what waits there to be collected, oldest first.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import type { Status } from "../protocol/events.js";
import { readReplyTo } from "../protocol/headers.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { idOfToken } from "../protocol/request-id.js";
import { fromClientError } from "../protocol/server-error.js";
import { lastTokenOf, requireName } from "../protocol/subjects.js";
import { type Handle, handleOf } from "./handle.js";
import { asMessage } from "./stored-reply.js";

/** Options of `listReplies`. */
export interface ListRepliesOptions extends QueueOptions {
  /** The name of the mailbox. */
  requester: string;
  /** Most replies that are read. Default 1000. */
  limit?: number;
}

const listOptionNames = { ...queueOptionNames, requester: true, limit: true } satisfies OptionNames<ListRepliesOptions>;

/** A reply that is stored. */
export interface ListedReply {
  /** For `collect`. Its `sequence` is 0: a reply does not say which its request had. */
  handle: Handle;
  status: Status;
  /** When the reply was stored. */
  time: Date;
  bytes: number;
}

/**
 * The replies that a mailbox holds, oldest first, one message at a time. Messages of other programs and parts are left out.
 * @throws InvalidInputError, NotSetUpError, NotPermittedError, NoAnswerError when the server does not answer within 5 s, and the server's
 * other errors.
 * @example
 * for (const { handle, status } of await listReplies(nc, { requester: "alice" })) console.log(handle.request, status);
 */
export async function listReplies(nc: NatsConnection, options: ListRepliesOptions): Promise<ListedReply[]> {
  const { requester, limit = 1000 } = checkOptions("listReplies", options, listOptionNames);
  requireName("the requester's name", requester);
  const names = queueNames(options);
  const found: ListedReply[] = [];
  try {
    const jsm = await jetStreamManager(nc, names);
    await jsm.streams.info(names.replyStream); // throws when there is no stream
    for (let seq = 1; found.length < limit; ) {
      const stored = await nextMessage(jsm, names.replyStream, `${names.replyPrefix}${requester}.*`, seq);
      if (!stored) break;
      seq = stored.seq + 1;
      const id = idOfToken(lastTokenOf(stored));
      const reply = readReplyTo(id, asMessage(stored));
      if (typeof reply === "string") continue;
      const handle = handleOf(names, requester, undefined, id, 0);
      found.push({ handle, status: reply.status, time: stored.time, bytes: stored.data.length });
    }
    return found;
  } catch (error) {
    throw fromClientError(`stream ${names.replyStream}`, error, names);
  }
}
