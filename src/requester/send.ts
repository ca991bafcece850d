// Sends requests and waits for no reply: the handle is all that is kept, and the reply is collected later. A million
// of them is a million handles, not a million open calls.

import { type NatsConnection, nuid } from "@nats-io/nats-core";
import { flushConnection } from "../connection/flush.js";
import { ConfirmedPublisher, pubAckTimeoutMs } from "../connection/publish.js";
import { retryUntilAnswered } from "../connection/retry.js";
import { watchConnection } from "../connection/watch.js";
import { ClosedError, type KitError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { requestHeaders } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { mailboxSubject, requestStream, requireName } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";
import { findUnconfirmed, SinceBreak } from "./lost-puback.js";
import { type Asked, asked, Turns, takeTold } from "./outstanding-limit.js";
import { rulesNothingOut } from "./pending-requests.js";

export interface SenderOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /** Most requests on their way to the stream at a time; more wait for their turn. Default 1000. */
  maxOutstanding?: number;
  /** Most that wait for their turn; beyond, `send` throws TooManyOutstandingError. Default 100,000. */
  maxWaiting?: number;
  /** What the sender's own inbox begins with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
  /** `requested` (without a time-out: nobody waits), then `stored` or `request-failed`; `turn-awaited`, `turn-refused`. */
  observe?: Observe<RequesterEvent>;
}

export interface SendOptions {
  /** Also the deduplication key: the same id within the stream's `duplicate_window` is stored once. Default: unique. */
  id?: string;
  /** Ends the waiting for a turn; what is on its way goes on. */
  signal?: AbortSignal;
  /** A name for this request in the events. */
  as?: string;
}

const closedMeanwhile =
  "The connection was closed before the stream confirmed the request, so whether it is stored is unknown; the same id can be sent again.";

export class Sender implements AsyncDisposable {
  readonly name: string;
  readonly #publisher: ConfirmedPublisher;
  readonly #turns: Turns;
  readonly #observe: Observe<RequesterEvent> | undefined;
  #stopWatching = () => {};
  /** The place of the latest request that is known to be stored: those on their way come behind it. */
  #lastStored = 0;
  readonly #sinceBreak = new SinceBreak();
  #broken: KitError | undefined;

  private constructor(nc: NatsConnection, options: SenderOptions) {
    this.name = requireName("the sender's name", options.name);
    const { maxOutstanding = 1000, maxWaiting } = options;
    this.#observe = options.observe;
    this.#turns = new Turns({ maxOutstanding, maxWaiting });
    this.#publisher = new ConfirmedPublisher(nc, options.inboxPrefix);
  }

  /** The connection stays the caller's. */
  static async open(nc: NatsConnection, options: SenderOptions): Promise<Sender> {
    const sender = new Sender(nc, options);
    try {
      sender.#start(nc);
      await flushConnection(nc);
      if (sender.#broken) throw sender.#broken;
    } catch (error) {
      await sender.close();
      throw fromClientError("connection", error);
    }
    return sender;
  }

  /**
   * Queues one order. Resolves when the stream has it; the reply goes to the mailbox, for `collectReply(nc, handle)`.
   * Await it, or a few of them at a time: calls beyond `maxOutstanding` wait in memory for their turn.
   * @throws TooManyOutstandingError, NotSetUpError, StreamFullError, NotPermittedError, InvalidInputError; NoAnswerError, and ClosedError while it is on its way, when it is unknown
   * whether it is stored: the same id can be sent again.
   */
  async send(
    order: string,
    payload: string | Uint8Array = "",
    { id = nuid.next(), as, signal }: SendOptions = {},
  ): Promise<Handle> {
    const sent = asked(order, { id, as }, "mailbox");
    const { request, subject } = sent;
    const publish = () => this.#publish(sent, payload);
    try {
      const { stream, sequence, duplicate } = await (this.#observe
        ? takeTold(this.#turns, sent, this.#observe, publish, signal)
        : this.#turns.take(publish, signal));
      if (!duplicate) this.#lastStored = sequence;
      return { requester: this.name, request, stream, sequence };
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw fromClientError(`request to ${subject}`, error);
    }
  }

  #publish(sent: Asked, payload: string | Uint8Array): Promise<PubAck> {
    if (this.#broken) throw this.#broken;
    const { request, subject } = sent;
    this.#observe?.({ type: "requested", ...sent });
    const headers = requestHeaders(request, mailboxSubject(this.name, request));
    const ack = async () => this.#publisher.publish(subject, payload, headers, request);
    return this.#observe ? told(sent, ack(), this.#observe) : ack();
  }

  #start(nc: NatsConnection): void {
    this.#publisher.start((error) => {
      this.#broken ??= error;
    });
    this.#stopWatching = watchConnection(nc, {
      refused: (subject, error) => void this.#publisher.refuse(subject, error),
      reconnected: () => {
        void this.#sinceBreak.search(this.#lastStored, (from, cutOff) =>
          findSent(nc, this.#publisher, from, cutOff),
        );
      },
      closed: () => this.#publisher.stop(new ClosedError(closedMeanwhile)),
    });
  }

  /** Waits for what is on its way; what still waited for its turn is rejected with `ClosedError`. */
  async close(): Promise<void> {
    this.#broken ??= new ClosedError(`Sender ${this.name} is closed; open another one to send requests.`);
    await this.#turns.idle();
    this.#publisher.stop(this.#broken);
    this.#stopWatching();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What became of the publish, as an event. */
async function told(
  { request, subject }: Asked,
  ack: Promise<PubAck>,
  observe: Observe<RequesterEvent>,
): Promise<PubAck> {
  const refused = (error: unknown) => {
    const known = fromClientError(`request to ${subject}`, error);
    const open = rulesNothingOut(known) ? { open: true as const } : {};
    observe({ type: "request-failed", request, error: known.message, ...open });
    throw known;
  };
  const stored = await ack.catch(refused);
  observe({ type: "stored", request, ...stored });
  return stored;
}

// What a sender sent, and whose PubAck was lost in a break: looked for in the queue.

/**
 * Confirms what the stream holds. Where that may not be read, nothing is confirmed. Never rejects.
 * @param lastStored the sequence of the latest request that is known to be stored: those on their way come behind it.
 */
async function findSent(
  nc: NatsConnection,
  publisher: ConfirmedPublisher,
  lastStored: number,
  over: () => boolean,
): Promise<void> {
  // A publish ends after a few seconds, found or not; others may be on their way by then, and have their PubAcks.
  const end = performance.now() + pubAckTimeoutMs;
  const done = () => over() || publisher.waiting === 0 || performance.now() >= end;
  const asks = [...publisher.named()].map(([subject, names]) => () => {
    const where = { subject, from: lastStored + 1, wanted: new Set(names.keys()), over: done };
    return findUnconfirmed(nc, where, (id, sequence) =>
      names.get(id)?.({ stream: requestStream, sequence, duplicate: false }),
    );
  });
  await retryUntilAnswered(asks, done);
}
