// Hears cancels, and tells them to the handlers they concern. One subscription for each responder.

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { allCancels, asCalledOff, type CalledOff, cancelledSequence } from "../protocol/cancel.js";
import { InHand } from "./delivery.js";

/** Cancels of requests that are not in hand (yet): beyond this many the oldest is forgotten. */
const most = 10_000;

interface Heard {
  status: CalledOff;
  /** Of the one message that it is about; undefined for whatever has the id. */
  sequence: number | undefined;
}

export class Cancels {
  readonly #nc: NatsConnection;
  readonly #inHand = new Map<string, InHand>();
  /** A cancel may overtake the delivery of its request, and outlive one that was given back. */
  readonly #heard = new Map<string, Heard>();
  #subscription: Subscription | undefined;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  start(): void {
    // Without the permission to listen there are no cancels here, and all else works.
    const callback = (error: Error | null, msg: Msg) => void (error ?? this.#onCancel(msg));
    this.#subscription = this.#nc.subscribe(allCancels, { callback });
  }

  stop(): void {
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
  }

  /** Why a request need not be begun; undefined when somebody may wait for it. */
  calledOff(id: string, deadline: number | undefined, sequence: number): CalledOff | undefined {
    if (deadline !== undefined && Date.now() >= deadline) return "expired";
    const heard = this.#heard.size > 0 ? this.#heard.get(id) : undefined;
    return heard && (heard.sequence ?? sequence) === sequence ? heard.status : undefined;
  }

  /** Each `begin` has its `end`. */
  begin(id: string, deadline: number | undefined): InHand {
    const already = this.#inHand.get(id);
    if (already) {
      already.handlers++;
      return already;
    }
    const one = new InHand(deadline);
    this.#inHand.set(id, one);
    return one;
  }

  end(id: string, one: InHand): void {
    if (--one.handlers > 0) return;
    one.finish();
    this.#inHand.delete(id);
  }

  /** Tells every handler that its request is somebody else's now. */
  giveUp(): void {
    for (const one of this.#inHand.values()) one.giveUp();
  }

  #onCancel(msg: Msg): void {
    const id = msg.subject.slice(msg.subject.indexOf(".") + 1);
    const status = asCalledOff(msg.string());
    this.#remember(id, { status, sequence: cancelledSequence(msg) });
    const one = this.#inHand.get(id);
    if (!one) return;
    if (msg.reply) msg.respond("in hand"); // for a requester that wants to know
    one.callOff(status);
  }

  #remember(id: string, heard: Heard): void {
    this.#heard.set(id, heard);
    if (this.#heard.size <= most) return;
    const [oldest] = this.#heard.keys();
    this.#heard.delete(oldest as string);
  }
}
