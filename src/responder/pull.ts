// Takes requests from the durable consumer, never more than it has room for. The client's own `consume()` asks for
// more as soon as messages arrive, handled or not; held too long, they would be delivered twice (`ack_wait`).
import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { type KitError, NotSetUp, ServerRefused } from "../protocol/errors.js";

export interface PullOptions {
  stream: string;
  consumer: string;
  /** Most messages asked for or in hand at any time. */
  prefetch: number;
  inboxPrefix?: string;
  onMessage(msg: Msg): void;
  /** The consumer cannot be pulled from any more: it is gone, or not ours to use. */
  onFatal(error: KitError): void;
}

const expiresMs = 30_000;
const heartbeatMs = 5_000;
const retryMs = 250;
const nanos = (ms: number) => ms * 1_000_000;

export class Pull {
  readonly #nc: NatsConnection;
  readonly #options: PullOptions;
  readonly #inbox: string;
  readonly #subject: string;
  #subscription: Subscription | undefined;
  #stopWatching = () => {};
  #watchdog: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #asked = 0;
  #inHand = 0;
  #heardAt = 0;
  #stopped = false;

  constructor(nc: NatsConnection, options: PullOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#inbox = createInbox(options.inboxPrefix);
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`;
  }

  start(): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error)
        this.#options.onFatal(new ServerRefused(`Pulling requests: ${error.message}.`, { cause: error }));
      else this.#receive(msg);
    };
    this.#subscription = this.#nc.subscribe(this.#inbox, { callback });
    this.#stopWatching = watchConnection(this.#nc, {
      // What was asked for on the old connection will not come.
      reconnected: () => this.#askAnew(),
      refused: (subject, error) => subject === this.#subject && this.#options.onFatal(error),
    });
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), heartbeatMs);
    this.#askAnew();
  }

  /** One message in hand is finished: there is room for another. */
  finished(): void {
    this.#inHand--;
    this.#ask();
  }

  /** Asks for nothing more; when it resolves, everything that was under way has been handed to `onMessage`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#stopWatching();
    if (this.#nc.isClosed()) return;
    await this.#subscription?.drain();
  }

  #askAnew(): void {
    this.#asked = 0;
    this.#heardAt = performance.now();
    this.#ask();
  }

  #ask(): void {
    const room = this.#options.prefetch - this.#inHand - this.#asked;
    // Asking in halves keeps the number of pull requests small while there is always work under way.
    if (this.#stopped || this.#nc.isClosed() || room < Math.max(1, this.#options.prefetch / 2)) return;
    this.#asked += room;
    const request = { batch: room, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
    this.#nc.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox });
  }

  #receive(msg: Msg): void {
    this.#heardAt = performance.now();
    if (msg.subject === this.#inbox) {
      this.#onStatus(msg);
      return;
    }
    this.#asked = Math.max(0, this.#asked - 1);
    this.#inHand++;
    this.#options.onMessage(msg);
  }

  /** Statuses of a pull: ADR-13 and the server's `consumer.go`. */
  #onStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    const text = msg.headers?.description ?? "";
    if (code === 100) return;
    if (/consumer deleted|stream deleted|push based|bad request/i.test(text)) {
      const gone = `Consumer ${this.#options.consumer} on ${this.#options.stream} cannot be used: ${text}; run \`jsrr setup\`.`;
      this.#options.onFatal(new NotSetUp(gone));
      return;
    }
    const left = Number(msg.headers?.get("Nats-Pending-Messages") || 0);
    this.#asked = left > 0 ? Math.max(0, this.#asked - left) : 0;
    if (code === 408 || code === 404) this.#ask();
    else this.#askLater();
  }

  /** No leader, a shutdown, too many pulls: it passes. */
  #askLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#ask(), retryMs);
  }

  #checkHeartbeat(): void {
    const waiting = this.#asked > 0;
    if (waiting && performance.now() - this.#heardAt > 2 * heartbeatMs) this.#askAnew();
  }
}
