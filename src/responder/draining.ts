// A responder that stops for good: it gives back what it has not begun, and finishes the rest, within a limit where there is one.
import type { Msg } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import { requireTimeout, TimeLimit } from "./time-limit.js";

export interface DrainOptions {
  /**
   * Milliseconds until what is still at work is given up: its handler's `signal` fires, what it answers is not used, and its
   * request is given back, to be delivered again at once. Default: no limit.
   */
  timeoutMs?: number;
}

export interface Drained {
  /** Ids of the requests that were given up: somebody else gets them, or a dead letter is made of what has no further attempt. */
  left: readonly string[];
}

export interface DrainingParts {
  /** Whether the server has heard that nobody pulls here. */
  stopPulling(): Promise<boolean>;
  /** Gives back what was delivered and is not begun. */
  giveBackWaiting(): void;
  /** Resolves as soon as nothing is being handled. */
  finish(): Promise<void>;
  /** Gives back what is in hand all the same, and returns the ids of its requests. */
  giveUp(reason: string): string[];
  /** Whether there is no other delivery after this one. */
  isLast(msg: Msg): boolean;
  /** Lets everything else go. */
  leave(heard: boolean): Promise<void>;
  drained(): void;
  observe: Observe<ResponderEvent> | undefined;
}

export class Draining {
  readonly #parts: DrainingParts;
  readonly #limit = new TimeLimit();
  #state: "draining" | "drained" | undefined;
  #whole: Promise<Drained> | undefined;
  /** Nothing is begun any more: all that was is finished, or given up. */
  #over = false;

  constructor(parts: DrainingParts) {
    this.#parts = parts;
  }

  /** Undefined before it is drained. */
  get state(): "draining" | "drained" | undefined {
    return this.#state;
  }

  /** All of it, once it has begun. */
  get whole(): Promise<Drained> | undefined {
    return this.#whole;
  }

  /** Once, with the earliest of the limits. @throws InvalidInput when `timeoutMs` is out of its range. */
  begin({ timeoutMs }: DrainOptions): Promise<Drained> {
    if (timeoutMs !== undefined) this.#limit.within(requireTimeout(timeoutMs));
    this.#whole ??= this.#drain();
    return this.#whole;
  }

  /**
   * Whether to give this one back rather than begin it: what has no further delivery is finished here, as long as anything
   * is. After that (a server that was frozen meanwhile may deliver late) no reply would be known to be stored.
   */
  leaves(msg: Msg): boolean {
    return this.#state !== undefined && (this.#over || !this.#parts.isLast(msg));
  }

  async #drain(): Promise<Drained> {
    this.#state = "draining";
    // First of all the server learns that nobody listens here: what is given back must not come back.
    const heard = await this.#parts.stopPulling();
    this.#parts.giveBackWaiting();
    const left = await this.#finishInTime();
    this.#limit.clear();
    await this.#parts.leave(heard);
    this.#state = "drained";
    this.#parts.drained();
    this.#parts.observe?.({ type: "drained" });
    return { left };
  }

  async #finishInTime(): Promise<string[]> {
    const done = this.#parts.finish().then(() => true);
    const inTime = await Promise.race([done, this.#limit.over.then(() => false)]);
    this.#over = true;
    if (inTime) return [];
    return this.#parts.giveUp("still at work when the time to drain was over");
  }
}
