// Publish: with a checked payload, and with the PubAck of a stream.
import type { Msg, MsgHdrs, NatsConnection, PublishOptions, Subscription } from "@nats-io/nats-core";
import { InvalidInputError, KitError, NoAnswerError, NoRespondersError } from "../protocol/errors.js";
import { NoStreamListensError, noStreamTakes, type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { lastTokenOf, type QueueNames } from "../protocol/subjects.js";
import { OneTimer } from "./deadline-table.js";
import { newInbox } from "./inbox.js";
import { askForStream, type Refusal } from "./missing-stream.js";

/**
 * The client's publish, with the payload checked before.
 * @throws InvalidInputError for a payload that is neither text nor bytes (objects are encoded before), and what the client's publish throws: the connection is
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
      `Expected the payload to be text, bytes or an object, got ${payload === null ? "null" : kind}.`,
    );
  }
  const { buffer, byteOffset, length } = payload as Uint8Array;
  return new Uint8Array(buffer, byteOffset, length);
}

/** A copy of bytes: their owner may change them as soon as the publish returns. */
export const copyOf = (payload: string | Uint8Array): string | Uint8Array =>
  typeof payload === "string" ? payload : new Uint8Array(payload);

/** Milliseconds to wait for a PubAck; after that it is unknown whether the message is stored. */
export const pubAckTimeoutMs = 5_000;

/** A request that was published, and that its stream has not confirmed. */
export interface UnconfirmedRequest {
  readonly id: string;
  readonly subject: string;
  /** On the clock of `performance.now()`. */
  readonly sentAt: number;
  /** How often it was published again. */
  publishedAgain: number;
  /** False as soon as it is confirmed, or its caller has an error. */
  readonly isUnconfirmed: boolean;
}

/**
 * Whether an error in place of a PubAck says nothing about the message, so that it is published again later: the server still stores a
 * message with this id (10158), or the stream has no leader (10008, or status 503).
 */
export const isPassing = (error: KitError): boolean =>
  error instanceof NoAnswerError || error instanceof NoStreamListensError;

/** How a request is published by `ConfirmedPublisher.publishRequest`. */
interface RequestToPublish {
  id: string;
  subject: string;
  payload: string | Uint8Array;
  headers: MsgHdrs;
  /** Milliseconds to wait for the PubAck. */
  timeoutMs: number;
}

/** A message on its way to a stream: published, and without a PubAck. */
interface Unconfirmed {
  to: string;
  /** On the clock of `performance.now()`. */
  deadline: number;
  /** Receives where the message is stored, or why that is not known. Called once. */
  done: (result: PubAck | KitError) => void;
  /** Only of a request: it can be published again. */
  request: PublishedRequest | undefined;
}

/** A request that can be published again with its id, because it keeps its payload until the PubAck. */
export class PublishedRequest implements UnconfirmedRequest {
  readonly id: string;
  readonly subject: string;
  readonly sentAt: number;
  publishedAgain = 0;
  isUnconfirmed = true;
  /** The last token of the subject for its PubAck. */
  readonly number: number;
  readonly timeoutMs: number;
  payload: string | Uint8Array;
  readonly headers: MsgHdrs;

  constructor(request: RequestToPublish, number: number, sentAt: number) {
    const { id, subject, payload, headers, timeoutMs } = request;
    this.id = id;
    this.subject = subject;
    this.payload = copyOf(payload);
    this.headers = headers;
    this.timeoutMs = timeoutMs;
    this.number = number;
    this.sentAt = sentAt;
  }

  end(): void {
    this.isUnconfirmed = false;
    this.payload = "";
  }
}

const ignore = () => {};

/**
 * Publishes into streams, many at a time. The PubAcks arrive at one subscription, and one timer watches their deadlines. It publishes
 * nothing again by itself: of requests, `unconfirmed` lists those that its owner may publish again.
 */
export class ConfirmedPublisher {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #inbox: string;
  /** By number, in the order of publishing. */
  readonly #unconfirmed = new Map<number, Unconfirmed>();
  readonly #timer = new OneTimer(() => this.#expire());
  #subscription: Subscription | undefined;
  #count = 0;
  #confirmedUpTo = 0;
  #onPassing: (error: KitError, request: PublishedRequest) => void = ignore;

  constructor(nc: NatsConnection, names: QueueNames, inboxPrefix?: string) {
    this.#nc = nc;
    this.#names = names;
    this.#inbox = newInbox(nc, inboxPrefix);
  }

  /**
   * `onFatal`: without PubAcks nothing is ever known to be stored. `onPassing` gets the errors in place of the PubAcks of requests that
   * stay unconfirmed.
   */
  start(
    onFatal: (error: KitError) => void,
    onPassing: (error: KitError, request: PublishedRequest) => void = ignore,
  ): void {
    this.#onPassing = onPassing;
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
  send(to: string, payload: string | Uint8Array, headers: MsgHdrs, done: (result: PubAck | KitError) => void): void {
    const number = ++this.#count;
    publish(this.#nc, to, payload, headers, `${this.#inbox}.${number}`);
    this.#add(number, { to, deadline: performance.now() + pubAckTimeoutMs, done, request: undefined });
  }

  /** As `send`, with a promise. @throws what `done` receives there. */
  publish(to: string, payload: string | Uint8Array, headers: MsgHdrs): Promise<PubAck> {
    return new Promise<PubAck>((resolve, reject) => this.send(to, payload, headers, settling(resolve, reject)));
  }

  /** Publishes a request, which `unconfirmed` lists until its PubAck. @throws as `publish`. */
  publishRequest(request: RequestToPublish): Promise<PubAck> {
    return new Promise<PubAck>((resolve, reject) => {
      const number = ++this.#count;
      const { subject, payload, headers, timeoutMs } = request;
      publish(this.#nc, subject, payload, headers, `${this.#inbox}.${number}`);
      const sentAt = performance.now();
      const done = settling(resolve, reject);
      const published = new PublishedRequest(request, number, sentAt);
      this.#add(number, { to: subject, deadline: sentAt + timeoutMs, done, request: published });
    });
  }

  /** The requests without a PubAck, in the order of publishing. */
  unconfirmed(): PublishedRequest[] {
    return [...this.#unconfirmed.values()].flatMap(({ request }) => request ?? []);
  }

  /** When the latest of the requests with a PubAck was published, on the clock of `performance.now()`. */
  get confirmedUpTo(): number {
    return this.#confirmedUpTo;
  }

  /** A PubAck may be lost: the request was found to be stored. Without effect on one that has ended. */
  confirm({ number }: PublishedRequest, found: PubAck): void {
    this.#end(number, found);
  }

  /** Publishes the request once more, with the same id and the same address for its PubAck. */
  publishAgain(request: PublishedRequest): void {
    if (!request.isUnconfirmed) return;
    request.publishedAgain++;
    publish(this.#nc, request.subject, request.payload, request.headers, `${this.#inbox}.${request.number}`);
  }

  /** The server refused a publish to this subject; true when it was one of these messages. */
  refuse(subject: string, error: KitError): boolean {
    return this.#endAll((entry) => entry.to === subject, error);
  }

  /** Rejects the requests without a PubAck of which `refusal` returns an error. */
  rejectRequests(refusal: Refusal): void {
    for (const [number, { to, request }] of [...this.#unconfirmed]) {
      const error = request && refusal(to);
      if (error) this.#end(number, error);
    }
  }

  /** Ends every publish without a PubAck with this error: its PubAck, or the message itself, was lost with a connection. */
  endUnconfirmed(error: KitError): void {
    this.#endAll(() => true, error);
  }

  /** Rejects every open publish with this reason. */
  stop(reason: KitError): void {
    this.#timer.cancel();
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
    this.#endAll(() => true, reason);
  }

  #add(number: number, entry: Unconfirmed): void {
    this.#unconfirmed.set(number, entry);
    this.#timer.arm(entry.deadline);
  }

  #endAll(concerned: (entry: Unconfirmed) => boolean, error: KitError): boolean {
    const ended = [...this.#unconfirmed].filter(([, entry]) => concerned(entry));
    for (const [number] of ended) this.#end(number, error);
    return ended.length > 0;
  }

  #onPubAck(msg: Msg): void {
    const number = Number(lastTokenOf(msg));
    const entry = this.#unconfirmed.get(number);
    if (!entry) return;
    const result = readPubAck(this.#names, msg, entry.to);
    const { request } = entry;
    if (request) {
      if (result instanceof KitError && isPassing(result)) {
        this.#onPassing(result, request);
        return;
      }
      if (request.publishedAgain === 0) this.#confirmedUpTo = request.sentAt;
    }
    this.#end(number, result, entry);
  }

  #end(number: number, result: PubAck | KitError, entry = this.#unconfirmed.get(number)): void {
    if (!entry) return;
    this.#unconfirmed.delete(number);
    const { done, request } = entry;
    // V8 may keep the entry in memory for as long as a former table of the Map. What the entry refers to must not stay with it.
    entry.to = "";
    entry.done = ignore;
    entry.request = undefined;
    request?.end();
    done(result);
  }

  #expire(): void {
    const now = performance.now();
    for (const [number, entry] of this.#unconfirmed) {
      if (entry.deadline > now) this.#timer.arm(entry.deadline);
      else this.#end(number, new NoAnswerError(noPubAck(entry.to, entry.request?.timeoutMs ?? pubAckTimeoutMs)), entry);
    }
  }
}

const settling =
  (resolve: (ack: PubAck) => void, reject: (error: KitError) => void) =>
  (result: PubAck | KitError): void =>
    result instanceof KitError ? reject(result) : resolve(result);

const noPubAck = (to: string, ms: number) => `No PubAck for the message on ${to} within ${ms} ms.`;

/**
 * Publishes one message into a stream and waits for its PubAck, without a subscription of its own: for what is rare. Never rejects.
 * The error is one of AlreadyStoredError, StreamFullError, NotSetUpError, NoAnswerError (after `timeoutMs`), InvalidInputError, ClosedError,
 * and the server's other errors.
 */
export async function publishOnce(
  nc: NatsConnection,
  names: QueueNames,
  to: string,
  payload: string | Uint8Array,
  headers: MsgHdrs,
  timeoutMs = pubAckTimeoutMs,
): Promise<PubAck | KitError> {
  try {
    return readPubAck(names, await nc.request(to, payload, { headers, timeout: timeoutMs }), to);
  } catch (error) {
    const failure = fromClientError(`publish to ${to}`, error);
    if (!(failure instanceof NoRespondersError)) return failure;
    return (await askForStream(nc, names, streamTaking(names, to)))(to) ?? noStreamTakes(to, error);
  }
}

function streamTaking(names: QueueNames, subject: string): string {
  if (names.isRequest(subject)) return names.requestStream;
  return subject.startsWith(names.deadLetterPrefix) ? names.deadLetterStream : names.streamOf(subject);
}
