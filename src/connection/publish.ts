// Publish: with a checked payload, and with the PubAck of a stream.

import type { Msg, MsgHdrs, NatsConnection, PublishOptions, Subscription } from "@nats-io/nats-core";
import { InvalidInputError, KitError, NoAnswerError, NoRespondersError } from "../protocol/errors.js";
import { noStreamTakes, type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { lastTokenOf } from "../protocol/subjects.js";
import { newInbox } from "./connect.js";
import { OneTimer, PendingTable, type Waiting } from "./deadline-table.js";

/**
 * The client's publish, with the payload checked before.
 * @throws InvalidInputError for a payload that is neither text nor bytes, and what the client's publish throws: the connection is
 * closed or draining, the message is too large.
 */
export function publish(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  headers?: MsgHdrs,
  reply?: string,
): void {
  const options: PublishOptions = {};
  if (headers) options.headers = headers;
  if (reply) options.reply = reply;
  nc.publish(subject, asPayload(payload), options);
}

/** Bytes of another realm (a test runner's) are no instance of this one's class, and the client would refuse them. */
function asPayload(payload: string | Uint8Array): string | Uint8Array {
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  const kind = Object.prototype.toString.call(payload).slice(8, -1);
  if (kind !== "Uint8Array") {
    throw new InvalidInputError(
      `Expected the payload to be text or bytes (Uint8Array), got ${payload === null ? "null" : kind}.`,
    );
  }
  const { buffer, byteOffset, length } = payload as Uint8Array;
  return new Uint8Array(buffer, byteOffset, length);
}

/** Milliseconds to wait for a PubAck; after that it is unknown whether the message is stored. */
export const pubAckTimeoutMs = 5_000;

/** A message on its way to a stream: published, and without a PubAck. */
interface Unconfirmed extends Waiting {
  to: string;
  /** The request id by which the message can be found in its stream; undefined where its sender gave none. */
  name: string | undefined;
  /** Where the message is stored, or why that is not known. */
  done(result: PubAck | KitError): void;
}

/** Publishes into streams, many at a time. The PubAcks arrive at one subscription, and one timer watches their deadlines. */
export class ConfirmedPublisher {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  readonly #unconfirmed = new PendingTable<Unconfirmed>();
  readonly #timer = new OneTimer(() => this.#expire());
  #subscription: Subscription | undefined;
  #count = 0;

  constructor(nc: NatsConnection, inboxPrefix?: string) {
    this.#nc = nc;
    this.#inbox = newInbox(nc, inboxPrefix);
  }

  /** `onFatal`: without PubAcks nothing is ever known to be stored. */
  start(onFatal: (error: KitError) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) onFatal(fromClientError(`subscription ${this.#inbox}.*`, error));
      else this.#onPubAck(msg);
    };
    this.#subscription = this.#nc.subscribe(`${this.#inbox}.*`, { callback });
  }

  /** @throws AlreadyStoredError, StreamFullError, NotSetUpError, NoAnswerError and the server's other errors; what the client throws at once. */
  publish(to: string, payload: string | Uint8Array, headers: MsgHdrs, name?: string): Promise<PubAck> {
    const id = String(++this.#count);
    publish(this.#nc, to, payload, headers, `${this.#inbox}.${id}`);
    return new Promise<PubAck>((resolve, reject) => {
      const done = (result: PubAck | KitError) =>
        result instanceof KitError ? reject(result) : resolve(result);
      const deadline = performance.now() + pubAckTimeoutMs;
      this.#unconfirmed.add(
        { id, to, name, deadline, done, queue: undefined, before: undefined, after: undefined },
        pubAckTimeoutMs,
      );
      this.#timer.arm(deadline);
    });
  }

  /** How many messages are without a PubAck. */
  get waiting(): number {
    return this.#unconfirmed.size;
  }

  /**
   * The messages without a PubAck, by subject and name. A PubAck may be lost while the connection is down: a caller that finds the
   * message in its stream confirms it here.
   */
  named(): Map<string, Map<string, (found: PubAck) => void>> {
    const bySubject = new Map<string, Map<string, (found: PubAck) => void>>();
    for (const { id, to, name } of this.#unconfirmed.all()) {
      if (name === undefined) continue;
      const same = bySubject.get(to) ?? new Map<string, (found: PubAck) => void>();
      bySubject.set(
        to,
        same.set(name, (found) => this.#unconfirmed.take(id)?.done(found)),
      );
    }
    return bySubject;
  }

  /** The server refused a publish to this subject; true when it was one of these messages. */
  refuse(subject: string, error: KitError): boolean {
    return this.#end((entry) => entry.to === subject, error);
  }

  /** Rejects every open publish with this reason. */
  stop(reason: KitError): void {
    this.#timer.cancel();
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
    this.#end(() => true, reason);
  }

  #end(concerned: (entry: Unconfirmed) => boolean, error: KitError): boolean {
    const ended = this.#unconfirmed.all().filter(concerned);
    for (const { id } of ended) this.#unconfirmed.take(id)?.done(error);
    return ended.length > 0;
  }

  #onPubAck(msg: Msg): void {
    const entry = this.#unconfirmed.take(lastTokenOf(msg));
    if (!entry) return;
    entry.done(readPubAck(msg, entry.to));
  }

  #expire(): void {
    for (const entry of this.#unconfirmed.takeDue(performance.now())) {
      entry.done(new NoAnswerError(`No PubAck for the message on ${entry.to} within ${pubAckTimeoutMs} ms.`));
    }
    const next = this.#unconfirmed.nextDeadline();
    if (next !== undefined) this.#timer.arm(next);
  }
}

/**
 * Publishes one message into a stream and waits for its PubAck, without a subscription of its own: for what is rare. Never rejects.
 * The error is one of AlreadyStoredError, StreamFullError, NotSetUpError, NoAnswerError (after 5 s), InvalidInputError, ClosedError,
 * and the server's other errors.
 */
export async function publishOnce(
  nc: NatsConnection,
  to: string,
  payload: string | Uint8Array,
  headers: MsgHdrs,
): Promise<PubAck | KitError> {
  try {
    return readPubAck(await nc.request(to, payload, { headers, timeout: pubAckTimeoutMs }), to);
  } catch (error) {
    const failure = fromClientError(`publish to ${to}`, error);
    if (!(failure instanceof NoRespondersError)) return failure;
    return noStreamTakes(to, error);
  }
}
