// Recovery of a requester: reads the replies that a break in the connection swallowed, and publishes requests without a PubAck again.
import type { NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { answerMs } from "../connection/flush.js";
import { askForStream, type Refusal } from "../connection/missing-stream.js";
import type { ConfirmedPublisher, PublishedRequest, UnconfirmedRequest } from "../connection/publish.js";
import { type Ask, isFinal, retryUntilAnswered } from "../connection/retry.js";
import type { KitError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { NoStreamListensError } from "../protocol/pub-ack.js";
import type { QueueNames } from "../protocol/subjects.js";
import { findUnconfirmed } from "./find-request.js";
import type { PendingRequest, PendingRequests } from "./pending-requests.js";
import { readStoredReply, type StoredReply } from "./stored-reply.js";
import type { Strategy } from "./strategies/strategy.js";

/** Milliseconds between two looks for PubAcks that are late. A PubAck is late after the first of them. */
const lateMs = 1_000;

/** Milliseconds after its first publish at which a request is published again: after 1, 3, 7, 15 and 31 s, then every 30 s. */
const againAfterMs = (publishedAgain: number) =>
  lateMs * (publishedAgain < 5 ? 2 ** (publishedAgain + 1) - 1 : 31 + 30 * (publishedAgain - 4));

/** Milliseconds until requests that no stream took are published again: at first, and at most. */
const notTakenPauseMs = { first: 100, longest: 1_000 };

/** Requests that no stream took and that are published again at a time: a stream without a leader takes none of them. */
const notTakenAtOnce = 1_000;

/**
 * Milliseconds after its first publish for which the stream surely drops a request that is published again: a little less than the
 * default `duplicate_window`, two minutes.
 */
const deduplicatedMs = 110_000;

/** Duplicates whose reply is looked for at a time. */
const atOnce = 64;

interface RecoveryOptions {
  names: QueueNames;
  strategy: Strategy;
  /** The requests that wait for their reply. */
  pending: PendingRequests;
  /** When the latest of them that has its PubAck was published. */
  confirmedUpTo(): number;
  /** Whether the stream has confirmed any request of this requester. */
  confirmedBefore(): boolean;
  publishAgain(request: PendingRequest): void;
  /** The requests of `send` that wait for their PubAck. */
  publisher: ConfirmedPublisher;
  /** The stored reply to a request of `send`. */
  replyToSend(id: string): Promise<StoredReply | undefined>;
  /** Parts of the replies to this request may have been missed. */
  partsMissed(id: string): void;
  observe?: Observe<RequesterEvent> | undefined;
}

/** The requests of one kind: those of `request`, or those of `send`. */
interface Kind<R extends UnconfirmedRequest> {
  /** Whether a reply can be read by its request. */
  readonly readable: boolean;
  reconnected?(): Promise<void>;
  /** Those that wait for their reply, or for their PubAck. */
  open(): R[];
  /** When the latest one that has its PubAck was published. */
  confirmedUpTo(): number;
  /** Reads the mailbox, and ends the request if its reply is there. @throws the errors of the server. */
  look(request: R): Promise<void>;
  /** The stream holds it under this sequence. */
  found(request: R, sequence: number): void;
  publishAgain(request: R): void;
  /** Rejects those of which `refusal` returns an error. */
  rejectUnconfirmed(refusal: Refusal): void;
}

/**
 * - After a reconnect: the requester reads the mailbox of each pending request. Requests that have no PubAck and no reply are looked for in
 *   the stream, from the last one on that has its PubAck. Those that are not found are published again, with the same id.
 * - PubAck late (1 s, then at growing intervals, while the connection is up): the mailbox is read, and the request is published again. A
 *   PubAck that is merely behind others in a queue is not late: then those of later requests have not come either, and some still come.
 * - No stream takes it (status 503: no leader): published again after 100 ms, and then at growing intervals of at most 1 s, if no publish of
 *   it can have been stored. Otherwise as a late PubAck.
 * - The stream drops a second request with the same id within its `duplicate_window`, and its PubAck says `duplicate`. After that time a
 *   request is published again only if the whole stream was read and its mailbox is empty.
 * - A server that was killed forgets the ids of the requests that had left the stream. The mailbox shows that such a request was answered.
 *   An inbox cannot be read: then a request that was answered during the break runs again (at least once, not exactly once).
 */
export class Recovery {
  readonly #nc: NatsConnection;
  readonly #options: RecoveryOptions;
  readonly #kinds: readonly [Kind<PendingRequest>, Kind<PublishedRequest>];
  readonly #duplicates = new PQueue({ concurrency: atOnce });
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What `confirmedUpTo` was at the last look for late PubAcks. */
  readonly #confirmedBefore = new Map<object, number>();
  #publishingLate = false;
  /** Requests that no stream took, and how to publish each again. */
  readonly #notTaken = new Map<UnconfirmedRequest, () => void>();
  /** How many publishes of a request no stream took. */
  readonly #refusals = new WeakMap<UnconfirmedRequest, number>();
  #notTakenTimer: ReturnType<typeof setTimeout> | undefined;
  #notTakenPauseMs = notTakenPauseMs.first;
  #notTakenAt = Number.NEGATIVE_INFINITY;
  #checkingStream = false;
  #stopped = false;
  #connected = true;
  /** Counts reconnects: a further one ends the search that is under way, and begins its own. */
  #round = 0;
  /** A search that was ended by a further reconnect has not found everything: the next one begins where it began. */
  #from = Number.POSITIVE_INFINITY;

  constructor(nc: NatsConnection, options: RecoveryOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#kinds = [this.#requests(), this.#sends()];
  }

  /** Looks for late PubAcks until `stop`. The timer keeps no process alive. */
  start(): void {
    this.#timer = setInterval(() => void this.#publishLate(), lateMs);
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#notTakenTimer);
  }

  /** What is published from here on is not sent, until `afterReconnect`. */
  disconnected(): void {
    this.#connected = false;
  }

  /**
   * The connection is back. Each question is repeated until the server answers it, or its request ends. Never rejects.
   * @param lastStored the sequence of the last request that has its PubAck: those without were stored after it, if at all.
   */
  async afterReconnect(lastStored: number): Promise<void> {
    this.#connected = true;
    const round = ++this.#round;
    const over = () => this.#stopped || round !== this.#round;
    const from = Math.min(this.#from, lastStored);
    this.#from = from;
    const [requests, sends] = this.#kinds;
    await Promise.all([this.#recover(requests, from, over), this.#recover(sends, from, over)]);
    if (round === this.#round) this.#from = Number.POSITIVE_INFINITY;
  }

  /** Repeats the question until the server answers it, or the request ends; for 64 requests at a time. Never rejects. */
  async whileOpen(request: PendingRequest, ask: Ask): Promise<void> {
    await this.#duplicates.add(() => retryUntilAnswered([ask], () => this.#stopped || !request.isOpen));
  }

  /** @throws the errors of the server, also when it does not answer. */
  async takeStoredReply(request: PendingRequest): Promise<void> {
    const { names, strategy, pending, partsMissed } = this.#options;
    if (!strategy.readable || !request.isOpen) return;
    partsMissed(request.id);
    const stored = await readStoredReply(this.#nc, names, pending.handle(request), answerMs);
    if (stored) pending.settleRead(request, stored);
  }

  /** `error` came in place of its PubAck, and may pass. */
  requestNotStored(request: PendingRequest, error: KitError): void {
    this.#notStored(request, error, () => this.#options.publishAgain(request));
  }

  /** As `requestNotStored`, of a request of `send`. */
  sendNotStored(request: PublishedRequest, error: KitError): void {
    this.#notStored(request, error, () => this.#options.publisher.publishAgain(request));
  }

  /** Another publish of it without an answer may be stored: then its mailbox has to be read first, as with each late PubAck. */
  #notStored(request: UnconfirmedRequest, error: KitError, publishAgain: () => void): void {
    if (!(error instanceof NoStreamListensError)) return;
    void this.#checkStream();
    const refusals = (this.#refusals.get(request) ?? 0) + 1;
    this.#refusals.set(request, refusals);
    if (refusals <= request.publishedAgain) return;
    this.#notTaken.set(request, publishAgain);
    const now = performance.now();
    if (now - this.#notTakenAt > 2 * notTakenPauseMs.longest) this.#notTakenPauseMs = notTakenPauseMs.first;
    this.#notTakenAt = now;
    this.#notTakenTimer ??= setTimeout(() => this.#publishNotTaken(), this.#notTakenPauseMs);
  }

  #publishNotTaken(): void {
    this.#notTakenTimer = undefined;
    this.#notTakenPauseMs = Math.min(2 * this.#notTakenPauseMs, notTakenPauseMs.longest);
    if (!this.#connected) this.#notTaken.clear(); // after the reconnect each unconfirmed request is published again
    for (const [request, publishAgain] of [...this.#notTaken].slice(0, notTakenAtOnce)) {
      this.#notTaken.delete(request);
      if (request.isUnconfirmed) publishAgain();
    }
    if (this.#notTaken.size > 0) this.#notTakenTimer = setTimeout(() => this.#publishNotTaken(), notTakenPauseMs.first);
  }

  /**
   * After status 503 in place of a PubAck: no stream listens, for a moment or for good. If the server says that there is none, or that
   * it does not take the subject, the requests without a PubAck reject. An account that may not ask waits for the time-outs. Never rejects.
   */
  async #checkStream(): Promise<void> {
    if (this.#checkingStream) return;
    this.#checkingStream = true;
    const { names, confirmedBefore } = this.#options;
    const refusal = await askForStream(this.#nc, names, names.requestStream, confirmedBefore());
    this.#checkingStream = false;
    for (const kind of this.#kinds) kind.rejectUnconfirmed(refusal);
  }

  // The two kinds of requests.

  #requests(): Kind<PendingRequest> {
    const { names, strategy, pending, confirmedUpTo, publishAgain, observe } = this.#options;
    return {
      readable: strategy.readable,
      reconnected: async () => strategy.reconnected?.(this.#nc),
      open: () => pending.open(),
      confirmedUpTo,
      look: (request) => this.takeStoredReply(request),
      found: (request, sequence) => {
        request.confirm(sequence);
        observe?.({ type: "stored", request: request.id, stream: names.requestStream, sequence, duplicate: false });
      },
      publishAgain,
      rejectUnconfirmed: (refusal) => {
        for (const request of pending.open()) {
          const error = request.isUnconfirmed && refusal(request.subject);
          if (error) pending.reject(request, error);
        }
      },
    };
  }

  #sends(): Kind<PublishedRequest> {
    const { names, publisher, replyToSend } = this.#options;
    const stored = { stream: names.requestStream, duplicate: false };
    return {
      readable: true,
      open: () => publisher.unconfirmed(),
      confirmedUpTo: () => publisher.confirmedUpTo,
      // The reply does not say which sequence its request had.
      look: async (request) => {
        if (await replyToSend(request.id)) publisher.confirm(request, { ...stored, sequence: 0 });
      },
      found: (request, sequence) => publisher.confirm(request, { ...stored, sequence }),
      publishAgain: (request) => publisher.publishAgain(request),
      rejectUnconfirmed: (refusal) => publisher.rejectRequests(refusal),
    };
  }

  // After a reconnect.

  async #recover<R extends UnconfirmedRequest>(kind: Kind<R>, from: number, over: () => boolean): Promise<void> {
    const requests = kind.open();
    const looked = new Set<R>();
    const looks = requests.map(
      (request): Ask =>
        async () => {
          await kind.look(request);
          looked.add(request);
        },
    );
    await retryUntilAnswered(kind.reconnected ? [kind.reconnected, ...looks] : looks, over);
    if (over()) return;
    const searched = await this.#search(kind, requests, from, over);
    if (over()) return;
    const now = performance.now();
    for (const request of requests) {
      const absent = kind.readable && looked.has(request) && searched.has(request.subject);
      if (request.isUnconfirmed && (absent || now - request.sentAt < deduplicatedMs)) kind.publishAgain(request);
    }
  }

  /** Looks for the unconfirmed ones in the stream. Returns the subjects that were read to their end. */
  async #search<R extends UnconfirmedRequest>(
    kind: Kind<R>,
    requests: readonly R[],
    from: number,
    over: () => boolean,
  ): Promise<Set<string>> {
    const searched = new Set<string>();
    const searches = [...bySubject(requests)].map(
      ([subject, same]): Ask =>
        async () => {
          const wanted = new Set(same.keys());
          const search = { subject, from: from + 1, wanted, over };
          const complete = await findUnconfirmed(this.#nc, this.#options.names, search, (id, sequence) => {
            const request = same.get(id);
            if (request?.isUnconfirmed) kind.found(request, sequence); // unless its PubAck or its reply was as fast
          });
          if (complete) searched.add(subject);
        },
    );
    await retryUntilAnswered(searches, over);
    return searched;
  }

  // While the connection is up.

  async #publishLate(): Promise<void> {
    if (this.#publishingLate || !this.#connected) return;
    this.#publishingLate = true;
    const [requests, sends] = this.#kinds;
    await Promise.all([this.#publishLateOf(requests), this.#publishLateOf(sends)]);
    this.#publishingLate = false;
  }

  async #publishLateOf<R extends UnconfirmedRequest>(kind: Kind<R>): Promise<void> {
    const upTo = kind.confirmedUpTo();
    const silent = upTo === this.#confirmedBefore.get(kind);
    this.#confirmedBefore.set(kind, upTo);
    const now = performance.now();
    const isLate = (request: R) => {
      const { isUnconfirmed, sentAt, publishedAgain } = request;
      if (!isUnconfirmed) return false;
      const refusals = this.#refusals.get(request) ?? 0;
      return (
        !this.#notTaken.has(request) &&
        now - sentAt >= againAfterMs(Math.max(0, publishedAgain - refusals)) &&
        now - sentAt < deduplicatedMs &&
        (silent || sentAt < upTo)
      );
    };
    const asks = kind
      .open()
      .flatMap((request): Ask[] => (isLate(request) ? [() => lookAndPublish(kind, request)] : []));
    const round = this.#round;
    await retryUntilAnswered(asks, () => this.#stopped || !this.#connected || round !== this.#round);
  }
}

/** @throws what may pass. A mailbox that may not be read prevents no publish. */
async function lookAndPublish<R extends UnconfirmedRequest>(kind: Kind<R>, request: R): Promise<void> {
  if (!request.isUnconfirmed) return;
  await kind.look(request).catch((error: unknown) => {
    if (!isFinal(error)) throw error;
  });
  if (request.isUnconfirmed) kind.publishAgain(request);
}

function bySubject<R extends UnconfirmedRequest>(requests: readonly R[]): Map<string, Map<string, R>> {
  const found = new Map<string, Map<string, R>>();
  for (const request of requests) {
    if (!request.isUnconfirmed) continue;
    const same = found.get(request.subject) ?? new Map<string, R>();
    found.set(request.subject, same.set(request.id, request));
  }
  return found;
}
