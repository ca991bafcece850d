// Requests with several replies: one subscription for the parts of all, opened with the first of these requests.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { endMs, flushConnection } from "../connection/flush.js";
import type { OptionNames } from "../protocol/check-options.js";
import {
  AlreadyWaitingError,
  ClosedError,
  InvalidInputError,
  NoAnswerError,
  NoPartsThereError,
  PartMissingError,
} from "../protocol/errors.js";
import type { Observe, RepliesEnd, RequesterEvent } from "../protocol/events.js";
import { partOf, type Reply } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import type { QueueNames } from "../protocol/subjects.js";
import { type Handle, handleOf } from "./handle.js";
import { publishOptionNames, type RequestOptions, requireTimeout } from "./options.js";
import type { PendingRequest, PendingRequests } from "./pending-requests.js";
import {
  Arrivals,
  asPart,
  inOrder,
  type Limits,
  type ManyReply,
  type ManySchemas,
  storedParts,
} from "./reply-stream.js";
import type { Strategy } from "./strategies/strategy.js";
import { RequestTimeoutError } from "./timeout.js";

/** In the words of ADR-47 (request-many): total time (`timeoutMs`), stall, and maximum. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema the payload has any type
export interface ManyOptions<Input = any, Part = unknown, Output = unknown>
  extends Omit<RequestOptions<Input>, "output">,
    ManySchemas<Part, Output> {
  /** Milliseconds that may pass between one reply and the next; the first may take all of `timeoutMs`. Default: no limit. */
  stallMs?: number;
  /** Most replies, the last one included; then the iteration ends. Default: no limit. */
  maximum?: number;
}

/** Milliseconds that the first call waits until the server has seen the subscription to the parts, or refused it. */
const seenMs = 100;

export const manyOptionNames = {
  ...publishOptionNames,
  ...{ input: true, part: true, output: true },
  onTimeout: true,
  stallMs: true,
  maximum: true,
} satisfies OptionNames<ManyOptions>;

interface ManyRequestsOptions {
  names: QueueNames;
  /** The requester's. */
  name: string;
  strategy: Strategy;
  pending: PendingRequests;
  /** No reply came for `stallMs`: the request ends as at a time-out. */
  onStall(request: PendingRequest): void;
  observe?: Observe<RequesterEvent> | undefined;
}

export class ManyRequests {
  readonly #nc: NatsConnection;
  readonly #options: ManyRequestsOptions;
  readonly #open = new Map<string, { arrivals: Arrivals; handle: Handle }>();
  #subscription: Subscription | undefined;
  #listening: Promise<void> | undefined;

  constructor(nc: NatsConnection, options: ManyRequestsOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** `send` publishes the request, and resolves with its last reply. */
  async *replies(
    id: string,
    send: () => Promise<Reply>,
    timeoutMs: number,
    limits: Limits,
  ): AsyncGenerator<ManyReply, void, undefined> {
    requireLimits(limits);
    const begunAt = performance.now();
    await this.#listen();
    const { names, name, strategy, pending } = this.#options;
    // Also one that waits for a single reply: that request would be ended below.
    if (this.#open.has(id) || pending.get(id))
      throw new AlreadyWaitingError(`Request ${id} is already waiting for its replies here.`);
    const arrivals = new Arrivals(strategy.readable);
    const handle = handleOf(names, name, strategy.store, id, 0);
    this.#open.set(id, { arrivals, handle });
    send().then(
      (reply) => arrivals.end(reply),
      (error) => arrivals.fail(error),
    );
    const read = strategy.readable ? storedParts(this.#nc, names, handle) : undefined;
    try {
      yield* withEvents(
        id,
        inOrder(arrivals, read, { ...limits, endMs: begunAt + timeoutMs + endMs - performance.now() }, () =>
          this.#stalled(id),
        ),
        this.#options.observe,
      );
    } catch (error) {
      throw error instanceof RequestTimeoutError ? error.after(arrivals.known) : error;
    } finally {
      this.#open.delete(id);
      const settled = arrivals.error ?? arrivals.last; // then a request with this id is another one
      const request = settled ? undefined : pending.get(id);
      if (request) {
        pending.giveUp(request, { late: true });
        request.reject(new ClosedError("The iteration has ended."));
      }
    }
  }

  /** Parts may have been missed. */
  lookAgain(id: string): void {
    this.#open.get(id)?.arrivals.lookAgain();
  }

  /** The stream kept the request of another requester: the parts are in that requester's mailbox. */
  readFrom(id: string, requester: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.handle.requester = requester;
    open.arrivals.lookAgain();
  }

  stop(): void {
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
  }

  #stalled(id: string): void {
    const request = this.#options.pending.get(id);
    if (request) this.#options.onStall(request);
  }

  /**
   * Resolves when the server has seen the subscription, or has not answered for 100 ms: the server gets the subscription before the
   * request in any case, because both are on one connection, and a frozen server must not hold up the time-out.
   */
  async #listen(): Promise<void> {
    const { strategy, pending } = this.#options;
    if (!strategy.listenParts) {
      throw new NoPartsThereError(
        `The reply strategy ${strategy.name} carries one reply to a request; use mailbox or inbox for several.`,
      );
    }
    if (pending.broken) throw pending.broken;
    const subject = strategy.listenParts;
    const callback = (error: Error | null, msg: Msg) => {
      if (error) pending.fail(fromClientError(`subscription ${subject}`, error));
      else this.#onPart(msg);
    };
    this.#subscription ??= this.#nc.subscribe(subject, { callback });
    this.#listening ??= flushConnection(this.#nc, seenMs).catch((error) => {
      if (!(error instanceof NoAnswerError)) throw error;
    });
    await this.#listening;
    if (pending.broken) throw pending.broken;
  }

  #onPart(msg: Msg): void {
    const part = partOf(msg.subject);
    // None of a request that asked for one reply, or another's of the same name.
    if (part) this.#open.get(part.id)?.arrivals.part(asPart(part.index, msg));
  }
}

/** @throws InvalidInputError when a limit is out of its range. */
export function requireLimits({ stallMs, maximum }: Limits): void {
  if (stallMs !== undefined) requireTimeout(stallMs);
  if (maximum === undefined || (Number.isInteger(maximum) && maximum > 0)) return;
  throw new InvalidInputError(`Expected maximum to be a whole number of replies from 1, got ${maximum}.`);
}

/**
 * The same replies, with events for the parts and for what ended them. The last reply (`received`) and a time-out (`timed-out`)
 * have their events already. A caller that leaves the iteration early causes none.
 */
async function* withEvents(
  request: string,
  replies: AsyncIterable<ManyReply>,
  observe: Observe<RequesterEvent> | undefined,
): AsyncGenerator<ManyReply, void, undefined> {
  let parts = 0;
  const ended = (by: RepliesEnd) => observe?.({ type: "replies-ended", request, parts, by });
  try {
    for await (const reply of replies) {
      if (reply.last) {
        ended("last");
        yield reply;
        return;
      }
      parts++;
      observe?.({ type: "part-received", request, part: reply.part, payload: reply.text });
      yield reply;
    }
    ended("maximum");
  } catch (error) {
    if (error instanceof PartMissingError) ended("missing-part");
    throw error;
  }
}
