// A responder that rests for a while: it asks for nothing more, finishes what it has begun, and goes on when it is told to.
import type { Msg } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";

/** `pausing`: nothing more is asked for, and what was begun is being finished. */
export type Pulling = "running" | "pausing" | "paused";

export interface PausingParts {
  /** Resolves once the server knows that nobody pulls here, or does not answer. */
  stopPulling(): Promise<unknown>;
  pullAgain(): void;
  /** Gives back what was delivered and is not begun. */
  giveBackWaiting(): void;
  /** Resolves as soon as nothing is being handled. */
  atRest(): Promise<void>;
  /** Whether there is no other delivery after this one. */
  isLast(msg: Msg): boolean;
  observe: Observe<ResponderEvent> | undefined;
}

export class Pausing {
  readonly #parts: PausingParts;
  #state: Pulling = "running";
  #pause: Promise<void> | undefined;
  #ended = () => {};

  constructor(parts: PausingParts) {
    this.#parts = parts;
  }

  get state(): Pulling {
    return this.#state;
  }

  /** Resolves when nothing is in hand any more, or when `resume` or `end` was faster. */
  pause(): Promise<void> {
    this.#pause ??= this.#begin();
    return this.#pause;
  }

  resume(): void {
    if (this.#state === "running") return;
    this.#state = "running";
    this.#pause = undefined;
    this.#ended();
    this.#parts.pullAgain();
    this.#parts.observe?.({ type: "resumed" });
  }

  /** For good, by a drain: a pause that is under way is over, and never told. What is in hand is the drain's to wait for. */
  end(): void {
    this.#ended();
  }

  /**
   * Whether to give this one back rather than begin it: a delivery that is given back counts as an attempt, so what has
   * no further one is finished here.
   */
  leaves(msg: Msg): boolean {
    return this.#state !== "running" && !this.#parts.isLast(msg);
  }

  async #begin(): Promise<void> {
    this.#state = "pausing";
    let faster = false;
    const ended = new Promise<void>((resolve) => {
      this.#ended = () => {
        faster = true;
        resolve();
      };
    });
    // First the server learns that nobody pulls here: what is given back must not come back.
    await Promise.race([this.#parts.stopPulling(), ended]);
    if (faster) return;
    this.#parts.giveBackWaiting();
    await Promise.race([this.#parts.atRest(), ended]);
    if (faster) return;
    this.#state = "paused";
    this.#parts.observe?.({ type: "paused" });
  }
}
