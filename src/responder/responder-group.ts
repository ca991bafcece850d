// Responder group: the responders of several consumers, as one.
import type { Drained, DrainOptions, ResponderState } from "./options.js";

/** What a group needs of each of its responders, and what it is itself. */
interface Member {
  readonly name: string;
  readonly state: ResponderState;
  readonly closed: Promise<void>;
  pause(): Promise<void>;
  resume(): void;
  drain(options?: DrainOptions): Promise<Drained>;
}

/**
 * What `Responder.start` returns with the option `consumers`: a responder for each consumer, over one connection.
 * - `pause`, `resume` and `drain` act on all of them. `drain` resolves when all have drained, and `left` lists the ids of all.
 * - One of them cannot go on → `closed` rejects with its error, and the others drain.
 */
export class ResponderGroup<Responder extends Member> implements Member, AsyncDisposable {
  readonly name: string;
  /** By the name of the consumer. */
  readonly responders: Readonly<Record<string, Responder>>;
  readonly #all: readonly Responder[];
  readonly #closed: Promise<void>;

  /** `closed`: of each responder. @internal */
  constructor(responders: Readonly<Record<string, Responder>>, closed: readonly Promise<void>[]) {
    this.responders = responders;
    this.#all = Object.values(responders);
    this.name = this.#all[0]?.name ?? "responder";
    this.#closed = Promise.all(closed).then(() => {});
    this.#closed.catch(() => this.drain().catch(() => {})); // the first error is the one that is reported
  }

  /** Resolves when all are drained; rejects when one cannot go on. */
  get closed(): Promise<void> {
    for (const responder of this.#all) void responder.closed; // the caller learns of the error: no warning is needed
    return this.#closed;
  }

  /** The state of all of them; until all have the same, that which is under way. */
  get state(): ResponderState {
    const states = this.#all.map((responder) => responder.state);
    const [first = "drained"] = states;
    if (states.every((state) => state === first)) return first;
    return states.some((state) => state === "draining" || state === "drained") ? "draining" : "pausing";
  }

  /** As `responder.pause()`, of all. */
  async pause(): Promise<void> {
    await Promise.all(this.#all.map((responder) => responder.pause()));
  }

  /** As `responder.resume()`, of all. @throws ClosedError when they drain or are drained. */
  resume(): void {
    for (const responder of this.#all) responder.resume();
  }

  /** As `responder.drain()`, of all. `timeoutMs` is for all together. @throws InvalidInputError as there. */
  async drain(options?: DrainOptions): Promise<Drained> {
    const drained = await Promise.all(this.#all.map((responder) => responder.drain(options)));
    return { left: drained.flatMap(({ left }) => left) };
  }

  /** As `drain()`, without a limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }
}
