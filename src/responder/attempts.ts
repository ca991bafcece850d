// Attempts: counts the attempts of a request on a consumer that several kinds of responder share.
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { publishOnce } from "../connection/publish.js";
import { NotPermittedError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { header, lastTokenOf, type QueueNames } from "../protocol/subjects.js";
import type { Delivery } from "./delivery.js";
import { backoff } from "./retry.js";

/** Milliseconds until the request is delivered again to find a responder that has a handler. */
export const unmatchedDelay = backoff({ firstMs: 20, mostMs: 10_000 });

/**
 * A responder without a handler NAKs a request for a responder of another kind, and the server counts that delivery, too. So on such
 * a consumer the delivery count is no count of attempts. The number of each attempt is stored in REPLIES instead, on
 * `attempts.<sequence>-<time>.<number>`, for as long as a reply:
 *
 * - The first delivery stores nothing when its handler runs: most requests are delivered once. Without a handler it stores the number 0.
 * - Each later attempt stores its number before the handler runs, so that a crash counts.
 *
 * Without a limit of attempts nothing is stored. A number that cannot be stored, or was deleted with its age, is one attempt more.
 */
export class Attempts {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;

  constructor(nc: NatsConnection, names: QueueNames) {
    this.#nc = nc;
    this.#names = names;
  }

  /**
   * How many attempts there were before this delivery. Without the permission to read REPLIES each delivery is one.
   * @throws NoAnswerError and the other errors of the server.
   */
  async before(delivery: Delivery): Promise<number> {
    if (delivery.deliveryCount === 1) return 0;
    const { replyStream } = this.#names;
    try {
      const jsm = await jetStreamManager(this.#nc, this.#names);
      const subject = this.#names.attemptSubject(delivery.messageKey, "*");
      const last = await jsm.streams.getMessage(replyStream, { last_by_subj: subject });
      return last ? Number(lastTokenOf(last)) : 1;
    } catch (error) {
      const known = fromClientError(`stream ${replyStream}`, error, this.#names);
      if (known instanceof NotPermittedError) return delivery.deliveryCount - 1;
      throw known;
    }
  }

  /** Stores the number of an attempt that begins; 0 for a first delivery without a handler. */
  async store(delivery: Delivery, attempt: number): Promise<void> {
    const createOnly = headers();
    createOnly.set(header.expectedLastSubjectSequence, "0");
    const subject = this.#names.attemptSubject(delivery.messageKey, String(attempt));
    await publishOnce(this.#nc, this.#names, subject, "", createOnly);
  }
}
