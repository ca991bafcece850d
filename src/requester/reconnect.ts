// What a requester missed while its connection was down: replies that were republished, and PubAcks. Both are looked for
// in their streams after the reconnect.
import { jetstreamManager, type SeqMsgRequest } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConfirmedPublisher, pubAckTimeoutMs } from "../connection/publish.js";
import { type Ask, retryUntilAnswered } from "../connection/retry.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { readRequest } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { requestStream } from "../protocol/subjects.js";
import type { PendingRequest, PendingRequests } from "./pending-requests.js";
import { asMessage, readStoredReply } from "./stored-reply.js";
import type { Strategy } from "./strategies/strategy.js";

/** Milliseconds for one question to the server; one without an answer is asked again. */
const lookMs = 2_000;

interface RecoveryOptions {
  strategy: Strategy;
  /** The requests that wait for their reply. */
  pending: PendingRequests;
  /** The requests of `send` that wait for their PubAck. */
  publisher: ConfirmedPublisher;
  /** Parts of the replies to this request may have been missed. */
  partsMissed(id: string): void;
  observe?: Observe<RequesterEvent> | undefined;
}

export class Recovery {
  readonly #nc: NatsConnection;
  readonly #options: RecoveryOptions;
  #stopped = false;
  /** Counts reconnects: a further one ends the search that is under way, and begins its own. */
  #round = 0;
  /** A search that was ended by a further reconnect has not found everything: the next one begins where it began. */
  #from = Number.POSITIVE_INFINITY;

  constructor(nc: NatsConnection, options: RecoveryOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /**
   * The connection is back. Each question is repeated until the server answers it, or its request ends. Never rejects.
   * @param lastStored the sequence of the last request that has its PubAck: those without were stored after it, if at all.
   */
  async afterReconnect(lastStored: number): Promise<void> {
    const round = ++this.#round;
    const over = () => this.#stopped || round !== this.#round;
    this.#from = Math.min(this.#from, lastStored);
    await Promise.all([this.#recoverRequests(this.#from, over), this.#recoverSends(this.#from, over)]);
    if (round === this.#round) this.#from = Number.POSITIVE_INFINITY;
  }

  /** Repeats the question until the server answers it, or the request ends. Never rejects. */
  async whileOpen(request: PendingRequest, ask: Ask): Promise<void> {
    await retryUntilAnswered([ask], () => this.#stopped || !request.isOpen);
  }

  /** @throws the errors of the server, also when it does not answer. */
  async takeStoredReply(request: PendingRequest): Promise<void> {
    const { strategy, pending, partsMissed } = this.#options;
    if (!strategy.readable || !request.isOpen) return;
    partsMissed(request.id);
    const stored = await readStoredReply(this.#nc, pending.handle(request), lookMs);
    if (stored) pending.settleRead(request, stored);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #recoverRequests(from: number, over: () => boolean): Promise<void> {
    const { strategy, pending } = this.#options;
    const requests = pending.open();
    const reopen: Ask = async () => strategy.reconnected?.(this.#nc);
    const looks = requests.map(
      (request): Ask =>
        () =>
          this.takeStoredReply(request),
    );
    await retryUntilAnswered(strategy.readable ? [reopen, ...looks] : [reopen], over);
    if (over()) return;
    // Those made since the reconnect have their PubAck by now, or will get it.
    const unconfirmed = requests.filter((request) => request.sequence === 0 && request.isOpen);
    const searches = [...bySubject(unconfirmed)].map(
      ([subject, same]): Ask =>
        async () => {
          const wanted = new Set(same.keys());
          await findUnconfirmed(this.#nc, { subject, from: from + 1, wanted, over }, (id, sequence) =>
            this.#found(same.get(id) as PendingRequest, sequence),
          );
        },
    );
    await retryUntilAnswered(searches, over);
  }

  #found(request: PendingRequest, sequence: number): void {
    if (request.sequence > 0 || !request.isOpen) return; // its PubAck or its reply was as fast
    request.sequence = sequence;
    request.onPubAck?.();
    this.#options.observe?.({ type: "stored", request: request.id, stream: requestStream, sequence, duplicate: false });
  }

  async #recoverSends(from: number, over: () => boolean): Promise<void> {
    const { publisher } = this.#options;
    // A publish ends after a few seconds, found or not; others may be on their way by then, and have their PubAcks.
    const end = performance.now() + pubAckTimeoutMs;
    const done = () => over() || publisher.waiting === 0 || performance.now() >= end;
    const searches = [...publisher.named()].map(
      ([subject, same]): Ask =>
        async () => {
          const wanted = new Set(same.keys());
          await findUnconfirmed(this.#nc, { subject, from: from + 1, wanted, over: done }, (id, sequence) =>
            same.get(id)?.({ stream: requestStream, sequence, duplicate: false }),
          );
        },
    );
    await retryUntilAnswered(searches, done);
  }
}

function bySubject(requests: readonly PendingRequest[]): Map<string, Map<string, PendingRequest>> {
  const found = new Map<string, Map<string, PendingRequest>>();
  for (const request of requests) {
    const same = found.get(request.subject) ?? new Map<string, PendingRequest>();
    found.set(request.subject, same.set(request.id, request));
  }
  return found;
}

/** Messages of one subject that are read. A request that is further behind is not looked for, and its fate stays unknown. */
const most = 10_000;

interface Search {
  subject: string;
  /** The sequence of the first message that is read. */
  from: number;
  /** Request ids; those found go to `found`, and are removed. */
  wanted: Set<string>;
  /** The result is of no use any more. */
  over(): boolean;
}

/**
 * Reads the requests on one subject in their order, from a sequence on, up to the last one that is there now. There is no other
 * way to find a message by its id. Publishing it again would tell, but would run it twice if the first one was answered and
 * the server was killed: a killed server forgets its ids.
 * @throws NotPermittedError when the account may not read the request stream, NoAnswerError and the other errors of the server.
 */
export async function findUnconfirmed(
  nc: NatsConnection,
  { subject, from, wanted, over }: Search,
  found: (id: string, sequence: number) => void,
): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  try {
    const last = await jsm.streams.getMessage(requestStream, { last_by_subj: subject });
    let seq = from;
    for (let read = 0; last && seq <= last.seq && wanted.size > 0 && read < most && !over(); read++) {
      // The server takes both; the client's type knows them one at a time.
      const query = { seq, next_by_subj: subject } as SeqMsgRequest;
      const next = await jsm.streams.getMessage(requestStream, query);
      if (!next) return;
      const { id } = readRequest(asMessage(next));
      if (id !== undefined && wanted.delete(id)) found(id, next.seq);
      seq = next.seq + 1;
    }
  } catch (error) {
    throw fromClientError(`stream ${requestStream}`, error);
  }
}
