// Sends replies, going by their address alone. One that a stream keeps (create-only in a mailbox or a bucket) has a
// PubAck, which arrives at a subscription opened once.
import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { KitError, NoAnswer } from "../protocol/errors.js";
import { replyHeaders } from "../protocol/messages.js";
import { OneTimer } from "../protocol/one-timer.js";
import { PendingTable, type Waiting } from "../protocol/pending.js";
import { type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { keeping } from "../protocol/reply-places.js";
import { fromClientError } from "../protocol/server-error.js";

export interface OutgoingReply {
  request: string;
  to: Addressed;
  ending: Ending;
  payload: string | Uint8Array;
}

/** Milliseconds to wait for the PubAck of a reply; after that it is unknown whether it is stored. */
const pubAckMs = 5_000;

interface Unconfirmed extends Waiting {
  to: string;
  /** Where the reply is stored, or why that is not known. */
  done(result: PubAck | KitError): void;
}

export class ReplySender {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  readonly #unconfirmed = new PendingTable<Unconfirmed>();
  readonly #timer = new OneTimer(() => this.#expire());
  #subscription: Subscription | undefined;
  #count = 0;

  constructor(nc: NatsConnection, inboxPrefix?: string) {
    this.#nc = nc;
    this.#inbox = createInbox(inboxPrefix);
  }

  /** `onFatal`: without PubAcks no reply is ever known to be stored. */
  start(onFatal: (error: KitError) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) onFatal(fromClientError(`subscription ${this.#inbox}.*`, error));
      else this.#onPubAck(msg);
    };
    this.#subscription = this.#nc.subscribe(`${this.#inbox}.*`, { callback });
  }

  /**
   * Where the reply stands once it is stored; undefined for a core subject, where nobody confirms.
   * @throws AlreadyStored when another reply was first, StreamFull, NotSetUp, NoAnswer, InvalidInput.
   */
  async send(reply: OutgoingReply): Promise<PubAck | undefined> {
    const { request, to, ending, payload } = reply;
    const kept = keeping(to.replyTo);
    const text = typeof payload === "string" ? payload : "";
    const headers = replyHeaders(to, request, ending, text, kept === "once");
    if (!kept) {
      this.#publish(reply, { headers });
      return undefined;
    }
    const id = String(++this.#count);
    this.#publish(reply, { headers, reply: `${this.#inbox}.${id}` });
    return this.#confirmation(id, to.replyTo);
  }

  /** The server refused a publish to this subject; true when it was one of these replies. */
  refuse(subject: string, error: KitError): boolean {
    const refused = this.#unconfirmed.all().filter((entry) => entry.to === subject);
    for (const { id } of refused) this.#unconfirmed.take(id)?.done(error);
    return refused.length > 0;
  }

  stop(): void {
    this.#timer.cancel();
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
  }

  #publish(reply: OutgoingReply, options: Parameters<NatsConnection["publish"]>[2]): void {
    try {
      const { dialect, replyTo } = reply.to;
      this.#nc.publish(replyTo, dialect.payload(reply.ending, reply.payload), options);
    } catch (error) {
      throw fromClientError(`reply to ${reply.request}`, error);
    }
  }

  #confirmation(id: string, to: string): Promise<PubAck> {
    return new Promise<PubAck>((resolve, reject) => {
      const done = (result: PubAck | KitError) =>
        result instanceof KitError ? reject(result) : resolve(result);
      const deadline = performance.now() + pubAckMs;
      this.#unconfirmed.add({ id, to, deadline, done }, pubAckMs);
      this.#timer.arm(deadline);
    });
  }

  #onPubAck(msg: Msg): void {
    const entry = this.#unconfirmed.take(msg.subject.slice(this.#inbox.length + 1));
    if (!entry) return;
    entry.done(readPubAck(msg, entry.to));
  }

  #expire(): void {
    for (const entry of this.#unconfirmed.takeDue(performance.now())) {
      entry.done(new NoAnswer(`No PubAck for the reply on ${entry.to} within ${pubAckMs} ms.`));
    }
    const next = this.#unconfirmed.nextDeadline();
    if (next !== undefined) this.#timer.arm(next);
  }
}
