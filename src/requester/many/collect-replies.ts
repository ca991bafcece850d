// Coming back for several replies: any process that has the handle can do it, also while the handler still yields.
import type { NatsConnection } from "@nats-io/nats-core";
import { flushed } from "../../connection/flushed.js";
import { watchConnection } from "../../connection/watch.js";
import { Closed, NoAnswer } from "../../protocol/errors.js";
import { republishedSubject } from "../../protocol/names.js";
import { partOf, partSubject } from "../../protocol/parts.js";
import { fromClientError } from "../../protocol/server-error.js";
import { type CollectOptions, closedMeanwhile, collectReply } from "../collect.js";
import { type Handle, requireHandle } from "../handle.js";
import { requireTimeout } from "../options.js";
import { isForGood, repeated } from "../repeated.js";
import { readStoredReply } from "../whereabouts.js";
import { Arrivals, asPart, type ManyReply } from "./arrivals.js";
import { inOrder, type Limits } from "./in-order.js";
import { requireLimits } from "./many-calls.js";
import { storedParts } from "./stored-parts.js";

/** `timeoutMs` is for all of it; 0, the default, gives what is stored, and waits for nothing. */
export interface CollectManyOptions extends CollectOptions, Limits {}

/**
 * The stored replies in order: parts (`last: false`), and then the last one, which ends it. Without `last: true` it is not
 * complete: the time was up, nothing came within `stallMs`, or `maximum` was reached; iterate again later, from the
 * first on: they stay stored. Listens before it looks, so that what is stored in between is not missed.
 * @throws PartMissing where the reply stream has let go of a part, ForeignReply when somebody else's message is in the mailbox, Closed
 * when the connection closes meanwhile, InvalidInput, and the errors of the server.
 */
export async function* collectReplies(
  nc: NatsConnection,
  handle: Handle,
  options: CollectManyOptions = {},
): AsyncGenerator<ManyReply, void, undefined> {
  requireHandle(handle);
  requireLimits(options);
  if (handle.store) {
    // One reply, and no parts: `requestMany` refuses these.
    const reply = await collectReply(nc, handle, options);
    if (reply) yield { ...reply, last: true, parts: 0 };
    return;
  }
  const waiting = new Collecting(nc, handle);
  try {
    await waiting.start(options.timeoutMs);
    const { arrivals } = waiting;
    yield* inOrder(arrivals, storedParts(nc, handle), options, () => arrivals.stop());
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error);
  } finally {
    waiting.stop();
  }
}

class Collecting {
  readonly arrivals = new Arrivals(true);
  readonly #nc: NatsConnection;
  readonly #handle: Handle;
  #stop: (() => void)[] = [];
  #over = false;

  constructor(nc: NatsConnection, handle: Handle) {
    this.#nc = nc;
    this.#handle = handle;
  }

  async start(timeoutMs = 0): Promise<void> {
    if (timeoutMs > 0) {
      this.#listen(requireTimeout(timeoutMs));
      void this.#firstLook();
      return;
    }
    await this.#look();
    this.arrivals.stop();
  }

  stop(): void {
    this.#over = true;
    for (const stop of this.#stop) stop();
  }

  #listen(timeoutMs: number): void {
    const { requester, request } = this.#handle;
    const last = republishedSubject(requester, request);
    // The message is only the sign that it is stored.
    this.#subscribe(last, () => void this.#lookOrFail());
    this.#subscribe(partSubject(last, "*"), ({ subject, data }) => {
      const told = partOf(subject);
      if (told) this.arrivals.part(asPart(told.index, data));
    });
    const timer = setTimeout(() => void this.#lookOrFail().then(() => this.arrivals.stop()), timeoutMs);
    this.#stop.push(() => clearTimeout(timer));
    // A break in the connection swallows what is republished, not what is stored.
    const reconnected = () => void repeated([this.#lookAfterBreak], () => this.#over);
    const closed = () => this.arrivals.fail(new Closed(closedMeanwhile));
    this.#stop.push(watchConnection(this.#nc, { reconnected, closed }));
  }

  #subscribe(subject: string, onMessage: (msg: { subject: string; data: Uint8Array }) => void): void {
    const subscription = this.#nc.subscribe(subject, {
      callback: (error, msg) => (error ? this.arrivals.fail(error) : onMessage(msg)),
    });
    this.#stop.push(() => {
      if (!this.#nc.isClosed()) subscription.unsubscribe();
    });
  }

  /** The last reply first: where it is stored, so are all the parts. */
  async #look(): Promise<void> {
    const stored = await readStoredReply(this.#nc, this.#handle);
    if (stored) this.arrivals.end(stored);
    else this.arrivals.lookAgain();
  }

  /** One that was under way when the connection broke has no answer, and that is no end. Nobody awaits it: the time may be up first. */
  async #firstLook(): Promise<void> {
    const listening = flushed(this.#nc);
    const error: unknown = await listening.then(() => this.#look()).catch((error) => error);
    if (error instanceof NoAnswer) await repeated([this.#lookAfterBreak], () => this.#over);
    else if (error !== undefined) this.arrivals.fail(error as Error);
  }

  /** The server may not be ready yet: that is no end. @throws what may pass. */
  #lookAfterBreak = async () => {
    const error: unknown = await this.#look().catch((error) => error);
    if (isForGood(error)) this.arrivals.fail(error as Error);
    else if (error !== undefined) throw error;
  };

  #lookOrFail = () => this.#look().catch((error) => this.arrivals.fail(error));
}
