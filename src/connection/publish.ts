// Publish: with a checked payload, and with the PubAck of a stream.
import type { Msg, MsgHdrs, NatsConnection, PublishOptions, Subscription } from "@nats-io/nats-core";
import { InvalidInputError, KitError, NoAnswerError, NoRespondersError } from "../protocol/errors.js";
import { noStreamTakes, type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { lastTokenOf } from "../protocol/subjects.js";
import { OneTimer } from "./deadline-table.js";
import { newInbox } from "./inbox.js";

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
  nc.publish(subject, asPayload(payload), { headers, reply } as PublishOptions);
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
interface Unconfirmed {
  to: string;
  /** The request id by which the message can be found in its stream; undefined where its sender gave none. */
  name: string | undefined;
  /** On the clock of `performance.now()`. */
  deadline: number;
  /** Receives where the message is stored, or why that is not known. Called once. */
  done: (result: PubAck | KitError) => void;
}

const ignore = () => {};

/** Publishes into streams, many at a time. The PubAcks arrive at one subscription, and one timer watches their deadlines. */
export class ConfirmedPublisher {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  /** By number, in the order of publishing, which is that of the deadlines. */
  readonly #unconfirmed = new Map<number, Unconfirmed>();
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

  /**
   * Publishes without a promise, for the hot path. `done` receives the PubAck, or AlreadyStoredError, StreamFullError,
   * NotSetUpError, NoAnswerError or another error of the server. `done` must not throw.
   * @throws what the client throws at once.
   */
  send(
    to: string,
    payload: string | Uint8Array,
    headers: MsgHdrs,
    done: (result: PubAck | KitError) => void,
    name?: string,
  ): void {
    const id = ++this.#count;
    publish(this.#nc, to, payload, headers, `${this.#inbox}.${id}`);
    const deadline = performance.now() + pubAckTimeoutMs;
    this.#unconfirmed.set(id, { to, name, deadline, done });
    this.#timer.arm(deadline);
  }

  /** As `send`, with a promise. @throws what `done` receives there. */
  publish(to: string, payload: string | Uint8Array, headers: MsgHdrs, name?: string): Promise<PubAck> {
    return new Promise<PubAck>((resolve, reject) => {
      const done = (result: PubAck | KitError) => (result instanceof KitError ? reject(result) : resolve(result));
      this.send(to, payload, headers, done, name);
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
    for (const [id, { to, name }] of this.#unconfirmed) {
      if (name === undefined) continue;
      const same = bySubject.get(to) ?? new Map<string, (found: PubAck) => void>();
      bySubject.set(
        to,
        same.set(name, (found) => this.#end(id, found)),
      );
    }
    return bySubject;
  }

  /** The server refused a publish to this subject; true when it was one of these messages. */
  refuse(subject: string, error: KitError): boolean {
    return this.#endAll((entry) => entry.to === subject, error);
  }

  /** Rejects every open publish with this reason. */
  stop(reason: KitError): void {
    this.#timer.cancel();
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
    this.#endAll(() => true, reason);
  }

  #endAll(concerned: (entry: Unconfirmed) => boolean, error: KitError): boolean {
    const ended = [...this.#unconfirmed].filter(([, entry]) => concerned(entry));
    for (const [id] of ended) this.#end(id, error);
    return ended.length > 0;
  }

  #onPubAck(msg: Msg): void {
    const id = Number(lastTokenOf(msg));
    const entry = this.#unconfirmed.get(id);
    if (entry) this.#end(id, readPubAck(msg, entry.to), entry);
  }

  #end(id: number, result: PubAck | KitError, entry = this.#unconfirmed.get(id)): void {
    if (!entry) return;
    this.#unconfirmed.delete(id);
    const { done } = entry;
    // V8 may keep the entry in memory for as long as a former table of the Map. What the entry refers to must not stay with it.
    entry.to = "";
    entry.done = ignore;
    done(result);
  }

  #expire(): void {
    const now = performance.now();
    for (const [id, entry] of this.#unconfirmed) {
      if (entry.deadline > now) {
        this.#timer.arm(entry.deadline);
        return;
      }
      this.#end(id, new NoAnswerError(`No PubAck for the message on ${entry.to} within ${pubAckTimeoutMs} ms.`), entry);
    }
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
