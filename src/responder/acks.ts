// Acknowledges requests a moment later, several at once. The server removes a request when its ack comes; sent together
// with the reply, the ack is in the way of the request that comes next (docs/performance.md has what that costs).
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { quickPublishToAll } from "../connection/quick-publish.js";
import type { Observe, ResponderEvent } from "../history/event.js";

const ack = new TextEncoder().encode("+ACK");

/** Together at most; then they leave at once. */
const most = 64;

/**
 * A crash while acks are held means redeliveries. One that was answered into a mailbox is found answered; one that was
 * answered to an inbox is executed a second time.
 */
export class Acks {
  readonly #nc: NatsConnection;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #onFatal: (error: Error) => void;
  #delayMs = 0;
  #most = 1;
  #addresses: string[] = [];
  #requests: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `onFatal`: an observer threw where nobody else could catch it. */
  constructor(
    nc: NatsConnection,
    observe: Observe<ResponderEvent> | undefined,
    onFatal: (error: Error) => void,
  ) {
    this.#nc = nc;
    this.#observe = observe;
    this.#onFatal = onFatal;
  }

  /**
   * Until then every ack leaves at once. For the server what is held is pending: few are held where few may be pending
   * (`maxAckPending`, the consumer's) or where this responder takes few at a time (`prefetch`).
   */
  start(
    delayMs = 5,
    { ackWaitMs, maxAckPending, prefetch }: { ackWaitMs: number; maxAckPending: number; prefetch: number },
  ): void {
    this.#delayMs = Math.min(delayMs, ackWaitMs / 20);
    const room = maxAckPending < 1 ? most : Math.floor(maxAckPending / 8);
    this.#most = this.#delayMs < 1 ? 1 : Math.max(1, Math.min(most, room, prefetch >> 1));
  }

  /** @throws what an observer throws, and when the connection is closed. */
  add(msg: Msg, request: string): void {
    this.#addresses.push(msg.reply ?? "");
    if (this.#observe) this.#requests.push(request);
    if (this.#addresses.length >= this.#most) this.#send();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** What is held leaves now. */
  flush(): void {
    try {
      this.#send();
    } catch (error) {
      this.#onFatal(error as Error);
    }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#addresses.length === 0) return;
    const [addresses, requests] = [this.#addresses, this.#requests];
    [this.#addresses, this.#requests] = [[], []];
    quickPublishToAll(this.#nc, addresses, ack);
    for (const request of requests) this.#observe?.({ type: "acked", request });
  }
}
