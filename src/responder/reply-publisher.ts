// Sends replies, going by their address alone. One that a stream keeps (create-only in a mailbox or a bucket) is
// confirmed by a PubAck.

import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { inTime } from "../connection/flush.js";
import { ConfirmedPublisher, publish } from "../connection/publish.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { ClosedError, type KitError } from "../protocol/errors.js";
import type { Status } from "../protocol/events.js";
import { partHeaders, partSubject, replyHeaders } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { keeping } from "../protocol/subjects.js";

/** Parts that are sent to a core subject before the server is waited for, and the length of one that it is waited for at once. */
const partsAhead = 64;
const largePart = 65_536;

interface OutgoingReply {
  request: string;
  to: Addressed;
  status: Status;
  payload: string | Uint8Array;
  /** More headers than its dialect has. */
  headers?: Record<string, string>;
}

export class ReplySender {
  readonly #nc: NatsConnection;
  readonly #publisher: ConfirmedPublisher;
  readonly #core: CoreReplies | undefined;

  /** `core` remembers what was sent to core subjects, where somebody wants to know. */
  constructor(nc: NatsConnection, inboxPrefix?: string, core?: CoreReplies) {
    this.#core = core;
    this.#nc = nc;
    this.#publisher = new ConfirmedPublisher(nc, inboxPrefix);
  }

  /** `onFatal`: without PubAcks no reply is ever known to be stored. */
  start(onFatal: (error: KitError) => void): void {
    this.#publisher.start(onFatal);
  }

  /**
   * Where the reply stands once it is stored; undefined for a core subject, where nobody confirms: it is sent then.
   * @throws (or rejects with) AlreadyStoredError when another reply was first, StreamFullError, NotSetUpError, NoAnswerError, InvalidInputError.
   */
  send(reply: OutgoingReply): Promise<PubAck> | undefined {
    const { request, to, status, payload } = reply;
    const kept = keeping(to.replyTo);
    const text = typeof payload === "string" ? payload : "";
    const headers = replyHeaders(to, request, status, text, kept === "once", reply.headers);
    const body = to.dialect.payload(status, payload);
    try {
      if (kept) return this.#publisher.publish(to.replyTo, body, headers);
      publish(this.#nc, to.replyTo, body, headers);
      this.#core?.add(to.replyTo, request);
      return undefined;
    } catch (error) {
      throw fromClientError(`reply to ${request}`, error);
    }
  }

  /**
   * One of several replies, number `index` from 1, and where it stands. Where it is stored it is create-only: the first one
   * wins. @throws as `send` does.
   */
  async sendPart(
    request: string,
    to: Addressed,
    index: number,
    payload: string | Uint8Array,
  ): Promise<PubAck | undefined> {
    const kept = keeping(to.replyTo) !== undefined;
    const subject = partSubject(to.replyTo, index);
    const headers = partHeaders(request, index, kept);
    try {
      if (kept) return await this.#publisher.publish(subject, payload, headers);
      await this.#sendCorePart(subject, payload, headers, index);
      return undefined;
    } catch (error) {
      throw fromClientError(`part ${index} of the reply to ${request}`, error);
    }
  }

  /**
   * Nobody confirms it. A handler that never waits for anything would fill memory, and let this process hear nothing (no cancel,
   * no delivery) until it is done: so every so often it waits until the server has got what was sent.
   */
  async #sendCorePart(to: string, payload: string | Uint8Array, h: MsgHdrs, index: number): Promise<void> {
    this.#nc.publish(to, payload, { headers: h });
    if (index % partsAhead === 0 || payload.length > largePart) await inTime(this.#nc.flush());
  }

  /** The server refused a publish to this subject; true when it was one of these replies. */
  refuse(subject: string, error: KitError): boolean {
    return this.#publisher.refuse(subject, error);
  }

  stop(): void {
    this.#publisher.stop(new ClosedError("The responder has stopped."));
  }
}

// Replies to core subjects: nobody confirms them, but the server tells of one that it refused, shortly after, by its subject only.

/** The server's word comes within a round trip; beyond this many the oldest is taken to have gone out. */
const most = 1_000;

export class CoreReplies {
  readonly #sent = new Set<{ to: string; request: string }>();

  add(to: string, request: string): void {
    this.#sent.add({ to, request });
    if (this.#sent.size <= most) return;
    const [oldest] = this.#sent;
    if (oldest) this.#sent.delete(oldest);
  }

  /** The request whose reply the server did not take; each publish is refused by itself, in the order of sending. */
  refused(subject: string): string | undefined {
    for (const reply of this.#sent) {
      if (reply.to !== subject) continue;
      this.#sent.delete(reply);
      return reply.request;
    }
    return undefined;
  }
}
