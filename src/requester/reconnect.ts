// What a requester missed while its connection was down: replies that were republished, and PubAcks. Both are looked for where
// they are stored.

import type { NatsConnection } from "@nats-io/nats-core";
import { type Ask, retryUntilAnswered } from "../connection/retry.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { requestStream } from "../protocol/subjects.js";
import { handleOf } from "./handle.js";
import { readStoredReply } from "./locate.js";
import { findUnconfirmed, SinceBreak } from "./lost-puback.js";
import type { Call, Settling } from "./pending-requests.js";
import type { Strategy } from "./strategies/strategy.js";

/** Milliseconds for one look: where nobody answers it is retryUntilAnswered. */
const lookMs = 2_000;

export interface CatchUpOptions {
  /** The requester's. */
  name: string;
  /** What was stored for this request may not have been heard. */
  missed(id: string): void;
  observe?: Observe<RequesterEvent>;
}

export class CatchUp {
  readonly #nc: NatsConnection;
  readonly #route: Strategy;
  readonly #settling: Settling;
  readonly #options: CatchUpOptions;
  readonly #sinceBreak = new SinceBreak();
  #stopped = false;

  constructor(nc: NatsConnection, route: Strategy, settling: Settling, options: CatchUpOptions) {
    this.#nc = nc;
    this.#route = route;
    this.#settling = settling;
    this.#options = options;
  }

  /**
   * The connection is back. Looks are retryUntilAnswered until they are answered, or their calls end. Never rejects.
   * @param lastStored the sequence of the last request that has its PubAck: those without were stored after it, if at all.
   */
  afterBreak(lastStored: number): Promise<void> {
    return this.#sinceBreak.search(lastStored, (from, cutOff) =>
      this.#lookAnew(from, () => this.#stopped || cutOff()),
    );
  }

  async #lookAnew(from: number, over: () => boolean): Promise<void> {
    const calls = this.#settling.calls.all();
    const reopen: Ask = async () => this.#route.reconnected?.(this.#nc);
    const looks = this.#route.readable
      ? calls.map(
          (call): Ask =>
            () =>
              this.takeStored(call),
        )
      : [];
    await retryUntilAnswered([reopen, ...looks], over);
    if (!over()) await retryUntilAnswered(this.#searches(calls, from, over), over);
  }

  /** Repeated until it is answered, or the call ends. Never rejects. */
  async whileOpen(call: Call, ask: Ask): Promise<void> {
    await retryUntilAnswered([ask], () => this.#stopped || !this.isOpen(call));
  }

  /** @throws what a look does that was not answered. */
  async takeStored(call: Call): Promise<void> {
    if (!this.#route.readable || !this.isOpen(call)) return;
    this.#options.missed(call.id);
    const { id, sequence, mailboxOf = this.#options.name } = call;
    const handle = handleOf(mailboxOf, this.#route.store, id, sequence);
    const stored = await readStoredReply(this.#nc, handle, lookMs);
    if (stored) this.#settling.guarded(() => this.#settling.settleRead(call, handle, stored));
  }

  isOpen = (call: Call): boolean => this.#settling.calls.get(call.id) === call;

  stop(): void {
    this.#stopped = true;
  }

  /** One for each order, of the calls that have no PubAck. Those made since the break have theirs by now, or will get it. */
  #searches(calls: readonly Call[], lastStored: number, over: () => boolean): Ask[] {
    const bySubject = new Map<string, Map<string, Call>>();
    for (const call of calls) {
      if (call.sequence > 0 || !this.isOpen(call)) continue;
      const same = bySubject.get(call.subject) ?? new Map<string, Call>();
      bySubject.set(call.subject, same.set(call.id, call));
    }
    return [...bySubject].map(([subject, open]) => () => {
      const wanted = new Set(open.keys());
      return findUnconfirmed(this.#nc, { subject, from: lastStored + 1, wanted, over }, (id, sequence) =>
        this.#found(open.get(id) as Call, sequence),
      );
    });
  }

  #found(call: Call, sequence: number): void {
    if (call.sequence > 0 || !this.isOpen(call)) return; // its PubAck or its reply was as fast
    call.sequence = sequence;
    call.onStored?.();
    const event = {
      type: "stored",
      request: call.id,
      stream: requestStream,
      sequence,
      duplicate: false,
    } as const;
    this.#settling.guarded(() => this.#options.observe?.(event));
  }
}
