// What one requester hears: PubAcks and replies at subscriptions opened once, and what the connection tells on the side.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { flushed } from "../connection/flushed.js";
import { watchConnection } from "../connection/watch.js";
import { Closed } from "../protocol/errors.js";
import { whyForeign } from "../protocol/foreign.js";
import { readReply } from "../protocol/messages.js";
import { republishedSubject } from "../protocol/names.js";
import { readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { CatchUp, type CatchUpOptions } from "./catch-up.js";
import { Elsewhere } from "./elsewhere.js";
import { firstSender } from "./first-sender.js";
import { handleOf } from "./handle.js";
import type { Call } from "./open-calls.js";
import type { Settling } from "./settling.js";
import type { Strategy } from "./strategies/index.js";
import { lastToken } from "./strategies/strategy.js";

const closedMeanwhile = "The connection was closed; requests that were queued stay queued.";

export interface ListeningOptions extends CatchUpOptions {
  /** Where PubAcks arrive, under the id of their request. */
  acks: string;
}

export class Listening {
  readonly #nc: NatsConnection;
  readonly #route: Strategy;
  readonly #settling: Settling;
  readonly #options: ListeningOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #elsewhere: Elsewhere;
  readonly #catchUp: CatchUp;
  /** The place of the latest request that has its PubAck. */
  #lastStored = 0;
  #stopWatching = () => {};

  constructor(nc: NatsConnection, route: Strategy, settling: Settling, options: ListeningOptions) {
    this.#nc = nc;
    this.#elsewhere = new Elsewhere(nc);
    this.#catchUp = new CatchUp(nc, route, settling, options);
    this.#route = route;
    this.#settling = settling;
    this.#options = options;
  }

  /** Resolves when the server has seen the subscriptions, or the settling is broken and says why. */
  async start(): Promise<void> {
    try {
      this.#subscribe(`${this.#options.acks}.*`, (msg) => this.#onPubAck(msg));
      this.#subscribe(this.#route.listen, (msg) => this.#onReply(msg));
    } catch (error) {
      return this.#settling.fail(fromClientError("connection", error)); // it is closed
    }
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) =>
        this.#settling.guarded(() =>
          // Not one that is stored: what it was allowed when it was sent counts.
          this.#settling.rejectWhere((call) => call.subject === subject && call.sequence === 0, error),
        ),
      reconnected: () => void this.#catchUp.afterBreak(this.#lastStored),
      closed: () => this.#settling.fail(new Closed(closedMeanwhile)),
    });
    const ready = flushed(this.#nc).then(() => this.#route.open?.(this.#nc));
    await ready.catch((error) => this.#settling.fail(fromClientError("connection", error)));
  }

  stop(): void {
    this.#catchUp.stop();
    this.#stopWatching();
    if (this.#nc.isClosed()) return;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#elsewhere.stop();
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) return this.#settling.fail(fromClientError(`subscription ${subject}`, error));
      try {
        onMessage(msg);
      } catch (thrown) {
        this.#settling.fail(thrown as Error); // as `guarded`, without a function for each message
      }
    };
    this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
  }

  #onReply(msg: Msg): void {
    const id = this.#route.requestOf(msg);
    if (id === undefined) return;
    const reason = this.#route.readable ? whyForeign(msg, id) : undefined;
    if (reason === undefined) this.#settling.settle(id, readReply(msg));
    else this.#options.observe?.({ type: "foreign-reply", request: id, subject: msg.subject, reason });
  }

  #onPubAck(msg: Msg): void {
    const id = lastToken(msg);
    const call = this.#settling.calls.get(id);
    const ack = readPubAck(msg, call?.subject ?? "the request");
    if (ack instanceof Error) {
      this.#settling.reject(id, ack);
      return;
    }
    this.#options.observe?.({ type: "stored", request: id, ...ack });
    if (!call) return; // its reply was faster, or it came after the time-out
    call.sequence = ack.sequence;
    call.onStored?.();
    // The same id was sent before: its reply may be stored already, and nothing would republish it.
    // Who may not look there waits for its time-out, as any caller does.
    if (ack.duplicate) void this.#catchUp.whileOpen(call, () => this.#takeOriginal(call));
    else this.#lastStored = ack.sequence;
  }

  /** Where another requester was first, its reply goes to that one's mailbox: it is heard and read there. */
  async #takeOriginal(call: Call): Promise<void> {
    await this.#catchUp.takeStored(call);
    const { isOpen } = this.#catchUp;
    if (!this.#route.readable || !isOpen(call)) return;
    const first = await firstSender(this.#nc, this.#handle(call));
    if (first === undefined || first === this.#options.name || !isOpen(call)) return;
    if (call.mailboxOf !== first) {
      call.mailboxOf = first;
      await this.#elsewhere.listen(republishedSubject(first, call.id), (msg) =>
        this.#settling.guarded(() => this.#onReply(msg)),
      );
    }
    await this.#catchUp.takeStored(call);
  }

  #handle = ({ id, sequence, mailboxOf }: Call) =>
    handleOf(mailboxOf ?? this.#options.name, this.#route.store, id, sequence);
}
