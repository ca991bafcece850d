// Mailboxes of other requesters in which a reply is waited for, because they sent the same id first (first-sender.ts).
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { flushed } from "../connection/flushed.js";

/** Beyond this many the oldest is given up: its reply is still stored, and found by its handle. */
const most = 1_000;

export class Elsewhere {
  readonly #nc: NatsConnection;
  readonly #open = new Set<Subscription>();

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** `onReply` gets the one message that comes there. Where that is not allowed, none comes. */
  async listen(subject: string, onReply: (msg: Msg) => void): Promise<void> {
    const callback = (error: Error | null, msg: Msg) => {
      this.#open.delete(subscription);
      if (!error) onReply(msg);
    };
    const subscription = this.#nc.subscribe(subject, { max: 1, callback });
    this.#open.add(subscription);
    if (this.#open.size > most) this.#end(this.#open.values().next().value);
    await flushed(this.#nc).catch(() => {}); // the connection's end is told elsewhere
  }

  stop(): void {
    for (const subscription of this.#open) this.#end(subscription);
  }

  #end(subscription: Subscription | undefined): void {
    if (!subscription) return;
    this.#open.delete(subscription);
    subscription.unsubscribe();
  }
}
