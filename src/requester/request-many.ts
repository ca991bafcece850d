// Requests that get several replies. Nothing of it is there before the first one: one subscription for the parts of all.

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { flushConnection } from "../connection/flush.js";
import {
  AlreadyWaitingError,
  ClosedError,
  InvalidInputError,
  NoPartsThereError,
  PartMissingError,
} from "../protocol/errors.js";
import type { Observe, RepliesEnd, RequesterEvent } from "../protocol/events.js";
import { partOf, type Reply } from "../protocol/messages.js";
import { fromClientError } from "../protocol/server-error.js";
import { handleOf } from "./handle.js";
import { type RequestOptions, requireTimeout } from "./options.js";
import type { Call, Settling } from "./pending-requests.js";
import { Arrivals, asPart, inOrder, type Limits, type ManyReply, storedParts } from "./reply-stream.js";
import { RequestTimeoutError } from "./request-timed-out.js";
import type { Strategy } from "./strategies/strategy.js";

/** In the words of ADR-47 (request-many): total time (`timeoutMs`), stall, and maximum. */
export interface ManyOptions extends RequestOptions {
  /** Milliseconds that may pass between one reply and the next; the first may take all of `timeoutMs`. Default: no limit. */
  stallMs?: number;
  /** Most replies, the last one included; then the iteration ends. Default: no limit. */
  maximum?: number;
}

interface ManyCallsOptions {
  /** The requester's. */
  name: string;
  route: Strategy;
  settling: Settling;
  /** The call shall end now: there is nothing new to wait for. */
  giveUp(call: Call): void;
  observe?: Observe<RequesterEvent> | undefined;
}

export class ManyCalls {
  readonly #nc: NatsConnection;
  readonly #options: ManyCallsOptions;
  readonly #open = new Map<string, Arrivals>();
  #subscription: Subscription | undefined;

  constructor(nc: NatsConnection, options: ManyCallsOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** `send` asks for the last reply. */
  async *replies(
    id: string,
    send: () => Promise<Reply>,
    limits: Limits,
  ): AsyncGenerator<ManyReply, void, undefined> {
    requireLimits(limits);
    await this.#listen();
    const { route, settling } = this.#options;
    // Also one that waits for a single reply: it is that one's call that would be ended below.
    if (this.#open.has(id) || settling.calls.get(id))
      throw new AlreadyWaitingError(`Request ${id} is already waiting for its replies here.`);
    const arrivals = new Arrivals(route.readable);
    this.#open.set(id, arrivals);
    send().then(
      (reply) => arrivals.end(reply),
      (error) => arrivals.fail(error),
    );
    const read = route.readable ? storedParts(this.#nc, this.#handle(id)) : undefined;
    try {
      yield* told(
        id,
        inOrder(arrivals, read, limits, () => this.#stalled(id)),
        this.#options.observe,
      );
    } catch (error) {
      throw error instanceof RequestTimeoutError ? error.after(arrivals.known) : error;
    } finally {
      this.#open.delete(id);
      const settled = arrivals.error ?? arrivals.last; // then a call of this id is another one
      const call = settled ? undefined : settling.calls.get(id);
      if (call)
        settling.leave(call, this.#handle(id, call.sequence), new ClosedError("Nobody iterates any more."));
    }
  }

  /** Parts may have been missed. */
  lookAgain(id: string): void {
    this.#open.get(id)?.lookAgain();
  }

  stop(): void {
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
  }

  #stalled(id: string): void {
    const call = this.#options.settling.calls.get(id);
    if (call) this.#options.giveUp(call);
  }

  /** Resolves when the server has seen the subscription. */
  async #listen(): Promise<void> {
    const { route, settling } = this.#options;
    if (!route.listenParts) {
      throw new NoPartsThereError(
        `The reply strategy ${route.name} carries one reply to a request; use mailbox or inbox for several.`,
      );
    }
    if (settling.broken) throw settling.broken;
    const subject = route.listenParts;
    const callback = (error: Error | null, msg: Msg) => {
      if (error) settling.fail(fromClientError(`subscription ${subject}`, error));
      else settling.guarded(() => this.#onPart(msg));
    };
    this.#subscription ??= this.#nc.subscribe(subject, { callback });
    await flushConnection(this.#nc);
    if (settling.broken) throw settling.broken;
  }

  #onPart(msg: Msg): void {
    const part = partOf(msg.subject);
    // None of a request that asked for one reply, or another's of the same name.
    if (part) this.#open.get(part.id)?.part(asPart(part.index, msg.data));
  }

  #handle = (id: string, sequence = 0) =>
    handleOf(this.#options.name, this.#options.route.store, id, sequence);
}

/** @throws InvalidInputError when a limit is out of its range. */
export function requireLimits({ stallMs, maximum }: Limits): void {
  if (stallMs !== undefined) requireTimeout(stallMs);
  if (maximum === undefined || (Number.isInteger(maximum) && maximum > 0)) return;
  throw new InvalidInputError(`Expected maximum to be a whole number of replies from 1, got ${maximum}.`);
}

// Several replies as they are given to whoever asked for them, told in events: in order, and what ended them.

/**
 * The same replies. What of them is told elsewhere is not told again: the last reply (`received`), and that the call gave up
 * (`timed-out`). Who leaves the iteration early tells nothing.
 */
async function* told(
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
