// Publishes into streams and waits for the PubAcks: they arrive at one subscription, and wait under one timer.

import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { KitError, NoAnswerError, NoRespondersError } from "../protocol/errors.js";
import { noStreamTakes, type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { lastTokenOf } from "../protocol/subjects.js";
import { newInbox } from "./connect.js";
import { OneTimer } from "./deadline-table.js";
import { quickPublish } from "./fast-publish.js";

/** Milliseconds to wait for a PubAck; after that it is unknown whether the message is stored. */
export const pubAckTimeoutMs = 5_000;

interface Unconfirmed {
  to: string;
  /** By which it can be found in its stream, where its sender said so. */
  name: string | undefined;
  /** On the clock of `performance.now()`. */
  deadline: number;
  /** Receives where the message is stored, or why that is not known. */
  done(result: PubAck | KitError): void;
}

/** One subscription receives all PubAcks, and one timer ends the wait for those that do not come. */
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
    quickPublish(this.#nc, to, payload, headers, `${this.#inbox}.${id}`);
    const deadline = performance.now() + pubAckTimeoutMs;
    this.#unconfirmed.set(id, { to, name, deadline, done });
    this.#timer.arm(deadline);
  }

  /** As `send`, with a promise. @throws what `done` receives there. */
  publish(to: string, payload: string | Uint8Array, headers: MsgHdrs, name?: string): Promise<PubAck> {
    return new Promise<PubAck>((resolve, reject) => {
      const done = (result: PubAck | KitError) =>
        result instanceof KitError ? reject(result) : resolve(result);
      this.send(to, payload, headers, done, name);
    });
  }

  /** How many are on their way. */
  get waiting(): number {
    return this.#unconfirmed.size;
  }

  /** What is on its way under a name, by subject and name. Who finds it stored can say so: a PubAck may be lost in a break. */
  named(): Map<string, Map<string, (found: PubAck) => void>> {
    const bySubject = new Map<string, Map<string, (found: PubAck) => void>>();
    for (const [id, { to, name }] of this.#unconfirmed) {
      if (name === undefined) continue;
      const same = bySubject.get(to) ?? new Map<string, (found: PubAck) => void>();
      bySubject.set(
        to,
        same.set(name, (found) => this.#take(id)?.done(found)),
      );
    }
    return bySubject;
  }

  /** The server refused a publish to this subject; true when it was one of these messages. */
  refuse(subject: string, error: KitError): boolean {
    return this.#end((entry) => entry.to === subject, error);
  }

  /** Ends every wait with this reason. */
  stop(reason: KitError): void {
    this.#timer.cancel();
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
    this.#end(() => true, reason);
  }

  #end(concerned: (entry: Unconfirmed) => boolean, error: KitError): boolean {
    const ended = [...this.#unconfirmed].filter(([, entry]) => concerned(entry));
    for (const [id] of ended) this.#take(id)?.done(error);
    return ended.length > 0;
  }

  #take(id: number): Unconfirmed | undefined {
    const entry = this.#unconfirmed.get(id);
    if (entry) this.#unconfirmed.delete(id);
    return entry;
  }

  #onPubAck(msg: Msg): void {
    const entry = this.#take(Number(lastTokenOf(msg)));
    entry?.done(readPubAck(msg, entry.to));
  }

  #expire(): void {
    const now = performance.now();
    for (const [id, entry] of this.#unconfirmed) {
      if (entry.deadline > now) {
        this.#timer.arm(entry.deadline);
        return;
      }
      this.#unconfirmed.delete(id);
      entry.done(new NoAnswerError(`No PubAck for the message on ${entry.to} within ${pubAckTimeoutMs} ms.`));
    }
  }
}

// One message into a stream, now and then: for what is too rare to keep a subscription for, as confirmed-publisher.ts does.

/**
 * Where the message stands, or why that is not known. Never rejects, also where the connection is closed by now: AlreadyStoredError,
 * StreamFullError, NotSetUpError, NoAnswerError (after 5 s), InvalidInputError, ClosedError and the server's other errors.
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
    const told = fromClientError(`publish to ${to}`, error);
    if (!(told instanceof NoRespondersError)) return told;
    return noStreamTakes(to, error);
  }
}
