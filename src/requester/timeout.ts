// A call's time is up: finds out where its request is, withdraws it where its policy says so, and tells the caller.

import type { NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import type { CalledOff, OnTimeout } from "../protocol/cancel.js";
import { InvalidInputError } from "../protocol/errors.js";
import type { Observe, ReplyStrategy, RequesterEvent, Whereabouts, Withdrawn } from "../protocol/events.js";
import type { Reply } from "../protocol/messages.js";
import { requireFeature, type Versioned } from "../protocol/server-version.js";
import { placeOf, type StoredStatus, storeStatus, type Withdrawal, withdraw } from "./cancel.js";
import { type Handle, handleOf } from "./handle.js";
import type { Located } from "./locate.js";
import { requirePolicy } from "./options.js";
import type { Call, Settling } from "./pending-requests.js";
import { RequestTimeoutError, type TimeOutFindings } from "./request-timed-out.js";
import type { StoredReply } from "./stored-reply.js";
import type { Strategy } from "./strategies/strategy.js";

/**
 * Milliseconds that a call whose time is up still waits for its PubAck: without that nobody knows which message it is about, and a
 * busy process may have the PubAck in its socket when its timer fires.
 */
const pubAckGraceMs = 500;

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
    const status = statusFor(call.onTimeout);
    if (call.sequence === 0) await pubAckOf(call);
    if (this.#settling.calls.get(call.id) !== call) return; // its reply was as fast
    if (status) return this.#withdraw(call, status, afterMs);
    const { reply, ...findings } = await this.#findOut.where(this.#handle(call));
    const { calls, late } = this.#settling;
    if (calls.get(call.id) !== call) return; // its reply arrived in the meantime, or the requester was closed
    this.#settling.guarded(() => {
      // Better late than a time-out.
      if (reply) return this.#settling.settleRead(call, this.#handle(call), reply);
      calls.take(call.id);
      late.add(this.#handle(call));
      call.reject(new RequestTimeoutError(this.#handle(call), afterMs, findings));
      this.#observe?.({ type: "timed-out", request: call.id, afterMs, ...findings });
    });
  }

  async #withdraw(call: Call, status: CalledOff, afterMs: number): Promise<void> {
    const handle = this.#handle(call);
    const found = await this.#findOut.withdraw(handle, status);
    const { calls, late, own } = this.#settling;
    if (calls.get(call.id) !== call) return;
    if (found.reply) {
      return this.#settling.guarded(() => this.#settling.settleRead(call, handle, found.reply as Reply));
    }
    calls.take(call.id); // from here on nothing that arrives settles it: what is stored below arrives, too
    if (found.withdrawn !== "removed") late.add(handle);
    if (found.mailbox && this.#route.readable) own.add(handle);
    const { stored, reply, ...known } = await storeStatus(this.#nc, handle, status, found);
    if (!stored) own.take(call.id);
    this.#settling.guarded(() => {
      if (reply) this.#settling.resolve(call, reply);
      else this.#withdrawn(call, status, afterMs, { ...known, ...(stored ? { stored } : {}) });
    });
  }

  #withdrawn(
    call: Call,
    status: CalledOff,
    afterMs: number,
    known: Withdrawal & { stored?: StoredStatus },
  ): void {
    const findings = findingsOf(known);
    const { withdrawn, stored } = known;
    // First: an observer that throws must not leave the caller waiting.
    call.reject(new RequestTimeoutError(this.#handle(call), afterMs, findings, withdrawn));
    if (stored) this.#observe?.({ type: "status-stored", request: call.id, status, ...placeOf(stored) });
    const event = { type: "timed-out", request: call.id, afterMs, ...findings, withdrawn } as const;
    this.#observe?.(withdrawn === "removed" ? { ...event, status } : event);
  }

  #handle = ({ id, sequence, mailboxOf = this.#name }: Call): Handle =>
    handleOf(mailboxOf, this.#route.store, id, sequence);
}

/** Resolves when the PubAck has come, or its time is up, too. */
function pubAckOf(call: Call): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pubAckGraceMs);
    call.onStored = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

// What calls whose time is up find out: where their requests are, as far as the server says so without much ado.

/** Milliseconds; a server that is frozen or gone must not hold up a caller's time-out for longer. */
const patienceMs = 2_000;

/** Thousands of calls may time out at once; asked about all of them at once, the server would answer none in time. */
const atOnce = 64;

type Found = TimeOutFindings & { reply?: StoredReply };

const silence: Found = {
  whereabouts: "unknown",
  evidence: `the server did not say within ${patienceMs} ms where it is`,
};

class FindOut {
  readonly #locate: (handle: Handle) => Promise<Located>;
  readonly #nc: NatsConnection;
  readonly #queue = new PQueue({ concurrency: atOnce });
  #silentAt = Number.NEGATIVE_INFINITY;

  constructor(nc: NatsConnection, locate: (handle: Handle) => Promise<Located>) {
    this.#nc = nc;
    this.#locate = locate;
  }

  /** Never rejects. What is still under way when the patience ends may happen yet: it is then unknown. */
  withdraw(handle: Handle, status: CalledOff): Promise<Withdrawal> {
    const unknown = (evidence: string): Withdrawal => ({ withdrawn: "unknown", evidence });
    return this.#ask(
      () => withdraw(this.#nc, handle, status).catch((error: Error) => unknown(withoutDot(error.message))),
      unknown(silence.evidence),
    );
  }

  /** Never rejects. With `reply` the request was answered after all. */
  where(handle: Handle): Promise<Found> {
    const look = () =>
      this.#locate(handle).then(
        ({ where, ...rest }): Found => ({ ...rest, whereabouts: where }),
        (error: Error): Found => ({ whereabouts: "unknown", evidence: withoutDot(error.message) }),
      );
    return this.#ask(look, silence);
  }

  #ask<T>(question: () => Promise<T>, noAnswer: T): Promise<T> {
    const asked = performance.now();
    // Once the server has let one wait in vain, those behind it need not wait as long again.
    return this.#queue.add(async () =>
      asked <= this.#silentAt ? noAnswer : this.#inTime(question, noAnswer),
    );
  }

  async #inTime<T>(question: () => Promise<T>, noAnswer: T): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<T>((resolve) => {
      timer = setTimeout(() => {
        this.#silentAt = performance.now();
        resolve(noAnswer);
      }, patienceMs);
    });
    return Promise.race([question(), tooLong]).finally(() => clearTimeout(timer));
  }
}

const withoutDot = (text: string) => text.replace(/\.$/, "");

// What a time-out policy means for one call: the status its request shall have, and what is said of it.

const statuses: Record<OnTimeout, CalledOff | undefined> = {
  keep: undefined,
  cancel: "cancelled",
  expire: "expired",
};

/**
 * @throws InvalidInputError where the policy is none, or goes against what the strategy does at a time-out itself; ServerTooOldError
 * where the server cannot let a request expire.
 */
export function requireUsable(server: Versioned, strategy: ReplyStrategy, policy: OnTimeout): void {
  if (strategy === "trial") {
    throw new InvalidInputError(
      `Expected onTimeout to be keep with the trial, which deletes what it gives up on.`,
    );
  }
  if (requirePolicy(policy) === "expire") requireFeature(server, "message-ttl", 'onTimeout: "expire"');
}

/** Undefined where the request stays queued. */
const statusFor = (policy: OnTimeout) => statuses[policy];

const whereabouts: Record<Withdrawn, Whereabouts> = {
  removed: "ended",
  "already-running": "running",
  stuck: "stuck",
  "already-answered": "replied",
  unknown: "unknown",
};

const findingsOf = ({ withdrawn, where, evidence }: Withdrawal): TimeOutFindings => ({
  whereabouts: where ?? whereabouts[withdrawn],
  evidence,
});
