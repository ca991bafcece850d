// Queue look: what one look at the request stream and its consumers says of all requests that time out together.
import type { ConsumerInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import type { QueueNames } from "../protocol/subjects.js";
import { nanoseconds, whyUnproven } from "./delivery-proof.js";
import type { PendingRequest } from "./pending-requests.js";
import { consumerOf, inHandEvidence, isLetGo, isSame, queuedEvidence, someMayBeStuck } from "./queue-state.js";

/** Fewer requests are each looked for by themselves. */
const leastTogether = 9;

/** Messages that were removed from the middle of the stream: the server lists them one by one. */
const mostDeleted = 50_000;

/** What the look says of one request. */
export interface Seen {
  where: "queued" | "running";
  evidence: string;
  remaining: number;
  /** Its reply may be stored: the mailbox has to be read. Of a request that was never delivered there is none. */
  mayBeAnswered: boolean;
}

interface Asked {
  request: PendingRequest;
  resolve(seen: Seen | undefined): void;
}

/**
 * A look by request is four questions to the server, and a responder's outage makes thousands of requests time out at once. One look at the
 * stream and the consumer serves all that are overdue when it begins; those that become overdue meanwhile wait for the next one.
 *
 * - The first request of the look is read, so that the numbers are of this stream and not of an earlier one. All others were sent later,
 *   and the stream keeps the order.
 * - The look says nothing of a request whose message may have left the stream, or may have been given up by the server.
 */
export class QueueLook {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #timeoutMs: number;
  #asked: Asked[] = [];
  #isLooking = false;

  constructor(nc: NatsConnection, names: QueueNames, timeoutMs: number) {
    this.#nc = nc;
    this.#names = names;
    this.#timeoutMs = timeoutMs;
  }

  /** Undefined if the request has to be looked for by itself. Never rejects. */
  ask(request: PendingRequest): Promise<Seen | undefined> {
    return new Promise((resolve) => {
      this.#asked.push({ request, resolve });
      if (!this.#isLooking) void this.#lookForAll();
    });
  }

  async #lookForAll(): Promise<void> {
    this.#isLooking = true;
    await Promise.resolve(); // those of the same timer come in one turn of the event loop
    while (this.#asked.length > 0) {
      const asked = this.#asked;
      this.#asked = [];
      const seen =
        asked.length < leastTogether ? () => undefined : await this.#look(asked).catch(() => () => undefined);
      for (const { request, resolve } of asked) resolve(seen(request));
    }
    this.#isLooking = false;
  }

  async #look(asked: readonly Asked[]): Promise<(request: PendingRequest) => Seen | undefined> {
    const jsm = await jetStreamManager(this.#nc, this.#names, this.#timeoutMs);
    const { requestStream } = this.#names;
    const first = asked.map(({ request }) => request).reduce((a, b) => (isBefore(b, a) ? b : a));
    // Before the consumers: what they have not delivered by then was not delivered when the stream had it.
    let { state } = await jsm.streams.info(requestStream);
    const { num_deleted = 0 } = state;
    if (num_deleted > mostDeleted) return () => undefined;
    if (num_deleted > 0) state = (await jsm.streams.info(requestStream, { deleted_details: true })).state;
    const stored = isCertain(first) && (await jsm.streams.getMessage(requestStream, { seq: first.sequence }));
    if (!stored || !isSame(stored, { request: first.id })) return () => undefined;
    const deleted = new Set(state.deleted);
    const bySubject = new Map<string, { info: ConsumerInfo; doubt: string | undefined } | undefined>();
    for (const subject of new Set(asked.map(({ request }) => request.subject))) {
      const info = await consumerOf(jsm, this.#names, requestStream, subject);
      const doubt = info && (await whyUnproven(this.#nc, jsm, info, nanoseconds(stored.timestamp)));
      bySubject.set(subject, info && { info, doubt });
    }
    return (request) => {
      const { sequence, subject } = request;
      const found = bySubject.get(subject);
      const isHeld = sequence >= state.first_seq && sequence <= state.last_seq && !deleted.has(sequence);
      if (!found || !isHeld || !isCertain(request) || request.sentAt < first.sentAt) return undefined;
      const { info, doubt } = found;
      const holds = `message ${sequence} is in ${requestStream}`;
      const facts = { remaining: state.messages, mayBeAnswered: doubt !== undefined };
      if (info.delivered.stream_seq < sequence) {
        return { ...facts, where: "queued", evidence: queuedEvidence(holds, info, this.#names, doubt) };
      }
      if (isLetGo(info, sequence) || someMayBeStuck(info)) return undefined;
      return { ...facts, where: "running", evidence: inHandEvidence(holds, info), mayBeAnswered: true };
    };
  }
}

/** Its number is of its first publish: of two such requests the one that was sent later has the higher number. */
const isCertain = ({ sequence, duplicate, publishedAgain }: PendingRequest) =>
  sequence > 0 && !duplicate && publishedAgain === 0;

const isBefore = (a: PendingRequest, b: PendingRequest) =>
  isCertain(a) === isCertain(b) ? a.sequence < b.sequence : isCertain(a);
