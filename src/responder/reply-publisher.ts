// Reply publisher: publishes replies and their parts to the address that a request names, and finds one that is stored already.
import type { StoredMsg } from "@nats-io/jetstream";
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { inTime } from "../connection/flush.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { ConfirmedPublisher, publish } from "../connection/publish.js";
import type { Addressed } from "../protocol/dialects/index.js";
import {
  ClosedError,
  JetStreamUnavailableError,
  KitError,
  NoAnswerError,
  NoRespondersError,
  NotSetUpError,
  ServerUnreachableError,
} from "../protocol/errors.js";
import type { Status } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import { type Body, partHeaders, partSubject, readHeaders, readReply, replyHeaders } from "../protocol/headers.js";
import type { MessageContent } from "../protocol/message-content.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import type { QueueNames } from "../protocol/subjects.js";

/** Milliseconds before a request is delivered again whose reply, or a part of it, could not be stored. */
export const storeRetryMs = 1_000;

/** Parts to a core subject before the next flush, and the length of a part that is flushed at once. */
const partsPerFlush = 64;
const largePart = 65_536;

/** Core replies that are remembered: the server refuses one within a round trip. */
const mostCoreReplies = 1_000;

interface ReplyContent {
  status: Status;
  payload: Body;
  /** More headers than the request's dialect has. */
  headers?: readonly HeaderPair[] | undefined;
}

interface ReplyPublisherOptions {
  names: QueueNames;
  inboxPrefix?: string | undefined;
  /** Whether to remember core replies, so that one which the server refuses can be named. */
  rememberCoreReplies: boolean;
}

/**
 * - An address that a stream captures (a mailbox, a bucket): the reply is create-only, and a PubAck confirms it.
 * - A core subject: the reply is published, and no server confirms it. If the server refuses it, the refusal comes later.
 */
export class ReplyPublisher {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #publisher: ConfirmedPublisher;
  readonly #coreReplies: Set<{ to: string; request: string }> | undefined;

  constructor(nc: NatsConnection, { names, inboxPrefix, rememberCoreReplies }: ReplyPublisherOptions) {
    this.#nc = nc;
    this.#names = names;
    this.#publisher = new ConfirmedPublisher(nc, names, inboxPrefix);
    this.#coreReplies = rememberCoreReplies ? new Set() : undefined;
  }

  /** `onFatal`: without PubAcks no reply is ever known to be stored. */
  start(onFatal: (error: KitError) => void): void {
    this.#publisher.start(onFatal);
  }

  stop(): void {
    this.#publisher.stop(new ClosedError("The responder has stopped."));
  }

  /**
   * Publishes a reply. Returns whether a PubAck will come: `onPubAck` receives it, or AlreadyStoredError when another reply
   * was first, StreamFullError, NotSetUpError, NoAnswerError.
   * @throws InvalidInputError when it cannot be sent, ClosedError.
   */
  publish(
    to: Addressed,
    request: string,
    { status, payload, headers: more }: ReplyContent,
    onPubAck: (result: PubAck | KitError) => void,
  ): boolean {
    const kept = this.#names.keeping(to.replyTo);
    const text = typeof payload === "string" ? payload : "";
    const headers = replyHeaders(to, request, status, text, kept === "once", more);
    const body = to.dialect.payload(status, payload);
    try {
      if (kept) {
        this.#publisher.send(to.replyTo, body, headers, onPubAck);
        return true;
      }
      publish(this.#nc, to.replyTo, body, headers);
    } catch (error) {
      throw fromClientError(`reply to ${request}`, error);
    }
    if (this.#coreReplies) this.#rememberCoreReply(to.replyTo, request);
    return false;
  }

  /** Where the reply is stored; undefined for a core subject. @throws as `publish` does, and what `onPubAck` receives. */
  async store(to: Addressed, request: string, content: ReplyContent): Promise<PubAck | undefined> {
    return new Promise((resolve, reject) => {
      const confirmed = this.publish(to, request, content, (result) =>
        result instanceof KitError ? reject(result) : resolve(result),
      );
      if (!confirmed) resolve(undefined);
    });
  }

  /**
   * Where part number `index`, from 1, is stored; undefined for a core subject. A stored part is create-only: the first one
   * wins. @throws as `store` does.
   */
  async storePart(to: Addressed, request: string, index: number, part: MessageContent): Promise<PubAck | undefined> {
    const kept = this.#names.isKept(to.replyTo);
    const subject = partSubject(to.replyTo, index);
    const headers = partHeaders(request, index, kept, part.headers);
    try {
      if (kept) return await this.#publisher.publish(subject, part.body, headers);
      await this.#publishCorePart(subject, part.body, headers, index);
      return undefined;
    } catch (error) {
      throw fromClientError(`part ${index} of the reply to ${request}`, error);
    }
  }

  /**
   * No PubAck slows a handler that yields without waiting. It would fill the memory, and block the event loop for cancels
   * and deliveries, so every so often it waits until the server has received its parts.
   */
  async #publishCorePart(to: string, payload: Body, headers: MsgHdrs, index: number): Promise<void> {
    this.#nc.publish(to, payload, { headers });
    if (index % partsPerFlush === 0 || payload.length > largePart) await inTime(this.#nc.flush());
  }

  /** `onPubAck` of each reply that has no PubAck yet receives this error. */
  endUnconfirmed(error: KitError): void {
    this.#publisher.endUnconfirmed(error);
  }

  /** The server refused a publish to this subject: true when it was a reply that waits for its PubAck. */
  refuse(subject: string, error: KitError): boolean {
    return this.#publisher.refuse(subject, error);
  }

  #rememberCoreReply(to: string, request: string): void {
    const replies = this.#coreReplies as Set<{ to: string; request: string }>;
    replies.add({ to, request });
    if (replies.size <= mostCoreReplies) return;
    const [oldest] = replies;
    if (oldest) replies.delete(oldest);
  }

  /** The request of a core reply that the server refused. Each is refused by itself, in the order of sending. */
  refusedCoreReply(subject: string): string | undefined {
    for (const reply of this.#coreReplies ?? []) {
      if (reply.to !== subject) continue;
      this.#coreReplies?.delete(reply);
      return reply.request;
    }
    return undefined;
  }
}

// A reply that is stored already: a request that is delivered again was answered before a crash.

/**
 * The stored reply; undefined if there is none, or if the account may not read the stream. An error when the server did not answer:
 * then a reply may be stored. Does not reject.
 */
export async function findReply(
  nc: NatsConnection,
  names: QueueNames,
  address: string,
): Promise<StoredMsg | undefined | KitError> {
  if (names.keeping(address) !== "once") return undefined;
  const stream = names.streamOf(address);
  try {
    const jsm = await jetStreamManager(nc, names);
    return (await jsm.streams.getMessage(stream, { last_by_subj: address })) ?? undefined;
  } catch (error) {
    const failure = fromClientError(`stream ${stream}`, error, names);
    return provesNothing.some((kind) => failure instanceof kind) ? failure : undefined;
  }
}

const provesNothing = [
  ClosedError,
  JetStreamUnavailableError,
  NoAnswerError,
  NoRespondersError,
  ServerUnreachableError,
];

/** Whether the server says that there is no such stream; false as well when it does not say. */
export async function isStreamMissing(nc: NatsConnection, names: QueueNames, stream: string): Promise<boolean> {
  try {
    const jsm = await jetStreamManager(nc, names);
    await jsm.streams.info(stream);
    return false;
  } catch (error) {
    return fromClientError(`stream ${stream}`, error) instanceof NotSetUpError;
  }
}

/** Lazily: the client refuses the headers of some messages when they are read. */
const asMessage = (stored: StoredMsg) => ({
  data: stored.data,
  get headers() {
    return stored.header;
  },
});

export const statusOf = (stored: StoredMsg): Status => readReply(asMessage(stored)).status;

/**
 * Sends a stored reply where the server republishes replies: its requester may wait for it, having sent the request again
 * under an id that the stream had forgotten. Other requesters ignore it.
 */
export function republish(nc: NatsConnection, names: QueueNames, stored: StoredMsg): void {
  if (nc.isClosed()) return;
  publish(nc, names.republishedAs(stored.subject), stored.data, readHeaders(asMessage(stored)));
}
