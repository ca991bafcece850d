// Sends requests and waits for no reply: the handle is all that is kept, and the reply is collected later. A million
// of them is a million handles, not a million open calls.
import { type NatsConnection, nuid } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { ConfirmedPublisher } from "../connection/confirmed-publisher.js";
import { watchConnection } from "../connection/watch.js";
import { Closed, InvalidInput, type KitError } from "../protocol/errors.js";
import { requestHeaders } from "../protocol/messages.js";
import { mailboxSubject, requestSubject, requireName } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import type { Handle } from "./handle.js";

export interface SenderOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /** Most requests on their way to the stream at a time; more wait for their turn. Default 1000. */
  maxOutstanding?: number;
  /** First token of the sender's own inbox, where the account allows only some. Default `_INBOX`. */
  inboxPrefix?: string;
}

export class Sender implements AsyncDisposable {
  readonly name: string;
  readonly #publisher: ConfirmedPublisher;
  readonly #turns: PQueue;
  readonly #stopWatching: () => void;
  #broken: KitError | undefined;

  private constructor(nc: NatsConnection, options: SenderOptions) {
    this.name = requireName("the sender's name", options.name);
    this.#turns = new PQueue({ concurrency: requireOutstanding(options.maxOutstanding ?? 1000) });
    this.#publisher = new ConfirmedPublisher(nc, options.inboxPrefix);
    this.#publisher.start((error) => {
      this.#broken ??= error;
    });
    this.#stopWatching = watchConnection(nc, {
      refused: (subject, error) => void this.#publisher.refuse(subject, error),
    });
  }

  /** The connection stays the caller's. */
  static async open(nc: NatsConnection, options: SenderOptions): Promise<Sender> {
    const sender = new Sender(nc, options);
    try {
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
   * @throws NotSetUp, StreamFull, NotPermitted, InvalidInput, Closed; NoAnswer when it is unknown whether it is stored:
   * the same id can be sent again.
   */
  async send(
    order: string,
    payload: string | Uint8Array = "",
    options: { id?: string } = {},
  ): Promise<Handle> {
    const subject = requestSubject(order);
    const request = options.id === undefined ? nuid.next() : requireName("the request id", options.id);
    const headers = requestHeaders(request, mailboxSubject(this.name, request));
    const publish = () => {
      if (this.#broken) throw this.#broken;
      return this.#publisher.publish(subject, payload, headers);
    };
    try {
      const { stream, sequence } = await this.#turns.add(publish);
      return { requester: this.name, request, stream, sequence };
    } catch (error) {
      throw fromClientError(`request to ${subject}`, error);
    }
  }

  /** Waits for what is on its way; what still waited for its turn is rejected with `Closed`. */
  async close(): Promise<void> {
    this.#broken ??= new Closed(`Sender ${this.name} is closed; open another one to send requests.`);
    await this.#turns.onIdle();
    this.#publisher.stop(this.#broken);
    this.#stopWatching();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function requireOutstanding(n: number): number {
  if (Number.isInteger(n) && n >= 1 && n <= 100_000) return n;
  throw new InvalidInput(`Expected maxOutstanding to be a whole number from 1 to 100000, got ${n}.`);
}
