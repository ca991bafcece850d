// A call's time is up: finds out where its request is, withdraws it where its policy says so, and tells the caller.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../history/event.js";
import type { CalledOff } from "../protocol/cancels.js";
import type { Reply } from "../protocol/messages.js";
import { FindOut } from "./find-out.js";
import { type Handle, handleOf } from "./handle.js";
import { endingFor, findingsOf } from "./on-timeout.js";
import type { Call } from "./open-calls.js";
import type { Settling } from "./settling.js";
import { placeOf, type StoredEnding, storeEnding } from "./store-ending.js";
import type { Strategy } from "./strategies/index.js";
import { RequestTimedOut } from "./timed-out.js";
import type { Withdrawal } from "./withdraw.js";

/**
 * Milliseconds that a call whose time is up still waits for its PubAck: without that nobody knows which message it is about, and a
 * busy process may have the PubAck in its socket when its timer fires.
 */
const pubAckMs = 500;

export class GivingUp {
  readonly #nc: NatsConnection;
  readonly #name: string;
  readonly #route: Strategy;
  readonly #settling: Settling;
  readonly #observe: Observe<RequesterEvent> | undefined;
  readonly #findOut: FindOut;

  /** `name` is the requester's. */
  constructor(
    nc: NatsConnection,
    name: string,
    route: Strategy,
    settling: Settling,
    observe: Observe<RequesterEvent> | undefined,
  ) {
    this.#nc = nc;
    this.#name = name;
    this.#route = route;
    this.#settling = settling;
    this.#observe = observe;
    const guarded = (event: RequesterEvent) => settling.guarded(() => observe?.(event));
    this.#findOut = new FindOut(nc, (handle) => route.timedOut(nc, handle, guarded));
  }

  /** Ends the call, unless its reply does so first. */
  async onOverdue(call: Call): Promise<void> {
    const afterMs = Math.round(performance.now() - call.sentAt);
    const ending = endingFor(call.onTimeout);
    if (call.sequence === 0) await pubAckOf(call);
    if (this.#settling.calls.get(call.id) !== call) return; // its reply was as fast
    if (ending) return this.#withdraw(call, ending, afterMs);
    const { reply, ...findings } = await this.#findOut.where(this.#handle(call));
    const { calls, late } = this.#settling;
    if (calls.get(call.id) !== call) return; // its reply arrived in the meantime, or the requester was closed
    this.#settling.guarded(() => {
      // Better late than a time-out.
      if (reply) return this.#settling.settleRead(call, this.#handle(call), reply);
      calls.take(call.id);
      late.add(this.#handle(call));
      call.reject(new RequestTimedOut(this.#handle(call), afterMs, findings));
      this.#observe?.({ type: "timed-out", request: call.id, afterMs, ...findings });
    });
  }

  async #withdraw(call: Call, ending: CalledOff, afterMs: number): Promise<void> {
    const handle = this.#handle(call);
    const found = await this.#findOut.withdraw(handle, ending);
    const { calls, late, own } = this.#settling;
    if (calls.get(call.id) !== call) return;
    if (found.reply) {
      return this.#settling.guarded(() => this.#settling.settleRead(call, handle, found.reply as Reply));
    }
    calls.take(call.id); // from here on nothing that arrives settles it: what is stored below arrives, too
    if (found.withdrawn !== "removed") late.add(handle);
    if (found.mailbox && this.#route.readable) own.add(handle);
    const { stored, reply, ...known } = await storeEnding(this.#nc, handle, ending, found);
    if (!stored) own.take(call.id);
    this.#settling.guarded(() => {
      if (reply) this.#settling.resolve(call, reply);
      else this.#withdrawn(call, ending, afterMs, { ...known, ...(stored ? { stored } : {}) });
    });
  }

  #withdrawn(
    call: Call,
    ending: CalledOff,
    afterMs: number,
    known: Withdrawal & { stored?: StoredEnding },
  ): void {
    const findings = findingsOf(known);
    const { withdrawn, stored } = known;
    // First: an observer that throws must not leave the caller waiting.
    call.reject(new RequestTimedOut(this.#handle(call), afterMs, findings, withdrawn));
    if (stored) this.#observe?.({ type: "ending-stored", request: call.id, ending, ...placeOf(stored) });
    const event = { type: "timed-out", request: call.id, afterMs, ...findings, withdrawn } as const;
    this.#observe?.(withdrawn === "removed" ? { ...event, ending } : event);
  }

  #handle = ({ id, sequence, mailboxOf = this.#name }: Call): Handle =>
    handleOf(mailboxOf, this.#route.store, id, sequence);
}

/** Resolves when the PubAck has come, or its time is up, too. */
function pubAckOf(call: Call): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pubAckMs);
    call.onStored = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
