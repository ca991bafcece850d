// Taken subjects: a request on a subject that no consumer takes fails before it is sent.
import type { NatsConnection } from "@nats-io/nats-core";
import { unlessAborted } from "../common/on-abort.js";
import { askForStream, type Refusal, requestRefusal } from "../connection/missing-stream.js";
import type { QueueNames } from "../protocol/subjects.js";

/** The requests that the stream takes, as it was when it was last read. */
export class TakenSubjects {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  #refusal: Refusal;
  #lastTaken = "";
  /** One for all requests that wait for it. */
  #reading: Promise<void> | undefined;

  private constructor(nc: NatsConnection, names: QueueNames, refusal: Refusal) {
    this.#nc = nc;
    this.#names = names;
    this.#refusal = refusal;
  }

  /**
   * Undefined if the stream takes every request of the queue, so that nothing is to be checked, or if it cannot be read: the account may
   * not ask, or no stream is there yet.
   */
  static async read(nc: NatsConnection, names: QueueNames): Promise<TakenSubjects | undefined> {
    const refusal = await requestRefusal(nc, names);
    return refusal && new TakenSubjects(nc, names, refusal);
  }

  has(subject: string): boolean {
    if (subject === this.#lastTaken) return true;
    if (this.#refusal(subject)) return false;
    this.#lastTaken = subject;
    return true;
  }

  /**
   * Reads the stream again if it did not take the subject, because its subjects may have changed.
   * @throws NotSetUpError if it still does not; the signal's reason when that fires first.
   */
  async require(subject: string, signal?: AbortSignal): Promise<void> {
    if (this.has(subject)) return;
    signal?.throwIfAborted();
    this.#reading ??= this.#read();
    await (signal ? unlessAborted(this.#reading, signal, (reason) => reason) : this.#reading);
    const error = this.#refusal(subject);
    if (error) throw error;
  }

  async #read(): Promise<void> {
    this.#refusal = await askForStream(this.#nc, this.#names, this.#names.requestStream, true);
    this.#reading = undefined;
  }
}
