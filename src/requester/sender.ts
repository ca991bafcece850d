// Sends requests and waits for no reply: the handle is all that is kept, and the reply is collected later. A million
// of them is a million handles, not a million open calls.
import { type NatsConnection, nuid } from "@nats-io/nats-core";
import { ConfirmedPublisher } from "../connection/confirmed-publisher.js";
import { watchConnection } from "../connection/watch.js";
import { Closed, type KitError } from "../protocol/errors.js";
import { requestHeaders } from "../protocol/messages.js";
import { mailboxSubject, requestSubject, requireName } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import type { Handle } from "./handle.js";
import { Turns } from "./turns.js";

export interface SenderOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /** Most requests on their way to the stream at a time; more wait for their turn. Default 1000. */
  maxOutstanding?: number;
  /** Most that wait for their turn; beyond, `send` throws TooManyOutstanding. Default 100,000. */
  maxWaiting?: number;
  /** What the sender's own inbox begins with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
}

export class Sender implements AsyncDisposable {
  readonly name: string;
  readonly #publisher: ConfirmedPublisher;
  readonly #turns: Turns;
  #stopWatching = () => {};
  #broken: KitError | undefined;

  private constructor(nc: NatsConnection, options: SenderOptions) {
    this.name = requireName("the sender's name", options.name);
    const { maxOutstanding = 1000, maxWaiting } = options;
    this.#turns = new Turns({ maxOutstanding, maxWaiting });
    this.#publisher = new ConfirmedPublisher(nc, options.inboxPrefix);
  }

  /** The connection stays the caller's. */
  static async open(nc: NatsConnection, options: SenderOptions): Promise<Sender> {
    const sender = new Sender(nc, options);
    try {
      sender.#start(nc);
      await nc.flush();
    } catch (error) {
      throw fromClientError("connection", error);
    }
    if (sender.#broken) throw sender.#broken;
    return sender;
  }

  /**
   * Queues one order. Resolves when the stream has it; the reply goes to the mailbox, for `collectReply(nc, handle)`.
   * Await it, or a few of them at a time: calls beyond `maxOutstanding` wait in memory for their turn.
   * `signal` ends the waiting for a turn; what is on its way goes on.
   * @throws TooManyOutstanding, NotSetUp, StreamFull, NotPermitted, InvalidInput, Closed; NoAnswer when it is unknown whether it is stored:
   * the same id can be sent again.
   */
  async send(
    order: string,
    payload: string | Uint8Array = "",
    options: { id?: string; signal?: AbortSignal } = {},
  ): Promise<Handle> {
    const subject = requestSubject(order);
    const request = options.id === undefined ? nuid.next() : requireName("the request id", options.id);
    const headers = requestHeaders(request, mailboxSubject(this.name, request));
    const publish = () => {
      if (this.#broken) throw this.#broken;
      return this.#publisher.publish(subject, payload, headers);
    };
    try {
      const { stream, sequence } = await this.#turns.take(publish, options.signal);
      return { requester: this.name, request, stream, sequence };
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) throw error;
      throw fromClientError(`request to ${subject}`, error);
    }
  }

  #start(nc: NatsConnection): void {
    this.#publisher.start((error) => {
      this.#broken ??= error;
    });
    this.#stopWatching = watchConnection(nc, {
      refused: (subject, error) => void this.#publisher.refuse(subject, error),
    });
  }

  /** Waits for what is on its way; what still waited for its turn is rejected with `Closed`. */
  async close(): Promise<void> {
    this.#broken ??= new Closed(`Sender ${this.name} is closed; open another one to send requests.`);
    await this.#turns.idle();
    this.#publisher.stop(this.#broken);
    this.#stopWatching();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
