// Answers requests from the queue: handle, store the reply, and only then let the request go.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { Closed } from "../protocol/errors.js";
import { requireName } from "../protocol/names.js";
import { Crew } from "./crew.js";
import { type Drained, Draining, type DrainOptions } from "./draining.js";
import { inTime } from "./in-time.js";
import type { ResponderOptions } from "./options.js";
import { Pausing, type Pulling } from "./pausing.js";

export type { Drained, DrainOptions } from "./draining.js";
export type { ResponderOptions } from "./options.js";

/** What a responder is at: `draining` and `drained` are for good, `paused` until it is resumed. */
export type ResponderState = Pulling | "draining" | "drained";

export class Responder implements AsyncDisposable {
  readonly name: string;
  /** Resolves when drained; rejects when the responder cannot go on (consumer gone, no permission). */
  readonly closed: Promise<void>;
  readonly #crew: Crew;
  readonly #pausing: Pausing;
  readonly #draining: Draining;
  #close!: { resolve(): void; reject(error: Error): void };

  private constructor(nc: NatsConnection, options: ResponderOptions) {
    this.name = requireName("the responder's name", options.name);
    this.closed = new Promise((resolve, reject) => {
      this.#close = { resolve, reject };
    });
    this.closed.catch(() => {}); // whoever wants to know awaits it; nobody has to
    const { observe } = options;
    const crew = new Crew(nc, options, {
      take: (msg) => this.#take(msg),
      fail: (error) => this.#fail(error),
      closed: () => {
        if (this.#draining.state) return;
        this.#fail(new Closed(`The connection of responder ${this.name} was closed.`));
      },
    });
    const { pull, turns, acks } = crew;
    this.#crew = crew;
    this.#pausing = new Pausing({
      stopPulling: () => inTime(pull.pause()),
      pullAgain: () => pull.resume(),
      giveBackWaiting: () => turns.giveBackWaiting("pausing"),
      atRest: () => turns.atRest().then(() => acks.flush()),
      isLast: (msg) => turns.isLast(msg),
      observe,
    });
    this.#draining = new Draining({
      stopPulling: () => inTime(pull.stop()),
      giveBackWaiting: () => turns.giveBackWaiting("draining"),
      finish: () => turns.finish(),
      giveUp: (reason) => crew.giveUp(reason),
      isLast: (msg) => turns.isLast(msg),
      leave: (heard) => crew.stop(heard),
      drained: () => this.#close.resolve(),
      observe,
    });
  }

  /**
   * Starts to pull. The connection stays the caller's.
   * @throws NotSetUp when a stream or the consumer is missing, and the other errors of the server.
   */
  static async start(nc: NatsConnection, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(nc, options);
    const crew = responder.#crew;
    crew.start(await crew.requireSetup());
    return responder;
  }

  get state(): ResponderState {
    return this.#draining.state ?? this.#pausing.state;
  }

  /**
   * Asks for no more requests until `resume`. Resolves when nothing is in hand: what was begun is finished, what was
   * delivered and not begun is given back for other responders (one that has no further attempt is finished here, too).
   * A responder that is drained stays so. Twice is once; `resume` ends it also while it is under way, and so does `drain`, or
   * a connection that closes: then it resolves when that is done.
   */
  async pause(): Promise<void> {
    if (!this.#draining.state) await this.#pausing.pause();
    await this.#draining.whole;
  }

  /** Takes requests again. @throws Closed when it is drained, or on its way to be. */
  resume(): void {
    if (this.#draining.state) throw new Closed(`Responder ${this.name} is drained; start another one.`);
    this.#pausing.resume();
  }

  /**
   * Finishes what it has begun, acknowledges it, gives the rest back, and stops. The connection stays open. Without
   * `timeoutMs` that takes as long as its handlers do, also where one hangs. With it, what is still at work then is given up
   * and given back, and `left` tells what. Twice is once; a second call may shorten the time, not lengthen it. A server
   * that does not answer is waited for a few seconds more.
   * @throws InvalidInput when `timeoutMs` is no number of milliseconds from 0 to 2^31 - 1.
   */
  drain(): Promise<void>;
  drain(options: DrainOptions): Promise<Drained>;
  async drain(options: DrainOptions = {}): Promise<unknown> {
    const drained = this.#draining.begin(options);
    this.#pausing.end();
    return drained;
  }

  /** As `drain`, without a limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  #take(msg: Msg): void {
    const { turns } = this.#crew;
    if (this.#draining.leaves(msg)) turns.giveBack(msg, "draining");
    else if (this.#pausing.leaves(msg)) turns.giveBack(msg, "pausing");
    else turns.take(msg);
  }

  #fail(error: Error): void {
    this.#close.reject(error);
    void this.drain().catch(() => {}); // the first error is the one that is told
  }
}
