// A request that a responder works on, and the signal its handler can listen to. Nothing is created before it is read.
import type { CalledOff } from "../protocol/cancels.js";
import { longestMs } from "./time-limit.js";

export class InHand {
  readonly #deadline: number | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ending: CalledOff | undefined;
  #why: DOMException | undefined;
  /** The same request may be delivered a second time while its first handler runs. */
  handlers = 1;
  givenUp = false;

  /** `deadline` in milliseconds since the epoch, by the requester's clock. */
  constructor(deadline?: number) {
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#why) this.#controller.abort(this.#why);
    else if (this.#deadline !== undefined) this.#arm(this.#deadline);
    return this.#controller.signal;
  }

  /** Set when the handler had a signal and it fired: what it throws from then on is heeding it. */
  get heeded(): CalledOff | undefined {
    return this.#controller?.signal.aborted ? this.#ending : undefined;
  }

  callOff(ending: CalledOff): void {
    if (this.#why) return;
    this.#ending = ending;
    this.#fire(ending === "expired" ? "the deadline has passed" : "the requester cancelled it");
  }

  /** The responder stops before the handler is done, and has given the request back. */
  giveUp(): void {
    this.givenUp = true;
    if (!this.#why) this.#fire("the responder stops");
  }

  finish(): void {
    clearTimeout(this.#timer);
  }

  #fire(why: string): void {
    this.#why = new DOMException(why, "AbortError");
    this.#controller?.abort(this.#why);
  }

  #arm(deadline: number): void {
    const left = Math.min(longestMs, Math.max(0, deadline - Date.now()));
    this.#timer = setTimeout(() => this.callOff("expired"), left);
  }
}
