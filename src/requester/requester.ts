// Sends requests into the queue and waits for replies. The hot path: one publish per request, whose PubAck and
// reply arrive at subscriptions opened once; open calls stand in a table under one timer.
import { createInbox, type Msg, type NatsConnection, nuid, type Subscription } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import type { RequesterEvent } from "../history/event.js";
import type { CalledOff } from "../protocol/cancels.js";
import { AlreadyWaiting, Closed, InvalidInput } from "../protocol/errors.js";
import { requireFeature } from "../protocol/features.js";
import { type Reply, readReply } from "../protocol/messages.js";
import { requestStream, requestSubject, requireName } from "../protocol/names.js";
import { readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { FindOut } from "./find-out.js";
import type { Handle } from "./handle.js";
import { LateCalls } from "./late.js";
import { endingFor, findingsOf } from "./on-timeout.js";
import { type Call, OpenCalls } from "./open-calls.js";
import { type RequesterOptions, type RequestOptions, requirePolicy, requireTimeout } from "./options.js";
import { placeOf, type StoredEnding, storeEnding } from "./store-ending.js";
import { type Strategy, strategies } from "./strategies/index.js";
import { lastToken } from "./strategies/strategy.js";
import { RequestTimedOut } from "./timed-out.js";
import { readStoredReply } from "./whereabouts.js";
import type { Withdrawal } from "./withdraw.js";

export type { RequesterOptions, RequestOptions } from "./options.js";

export class Requester implements AsyncDisposable {
  readonly name: string;
  readonly #nc: NatsConnection;
  readonly #options: RequesterOptions;
  readonly #inbox: string;
  readonly #route: Strategy;
  readonly #calls = new OpenCalls((call) => void this.#giveUp(call));
  readonly #late = new LateCalls();
  readonly #findOut: FindOut;
  readonly #subscriptions: Subscription[] = [];
  /** Endings that this requester stores itself; they come back to it as any reply does. */
  readonly #own = new LateCalls();
  #orphaned = 0;
  #broken: Error | undefined;
  #stopWatching = () => {};

  private constructor(nc: NatsConnection, options: RequesterOptions) {
    this.#nc = nc;
    this.#options = options;
    this.name = requireName("the requester's name", options.name);
    this.#inbox = createInbox(options.inboxPrefix);
    this.#route = strategies[options.reply ?? "mailbox"](this.name, this.#inbox);
    const observe = (event: RequesterEvent) => this.#guarded(() => options.observe?.(event));
    this.#findOut = new FindOut(nc, (handle) => this.#route.timedOut(nc, handle, observe));
  }

  /**
   * Ready to send when it resolves: the server has seen the subscriptions.
   * The connection stays the caller's; closing the requester does not close it.
   * @throws NotPermitted when the account may not subscribe to the replies.
   */
  static async open(nc: NatsConnection, options: RequesterOptions): Promise<Requester> {
    const requester = new Requester(nc, options);
    await requester.#listen();
    return requester;
  }

  /**
   * Queues one order and waits for its reply, whatever its ending: one that is not `ok` is no exception, so look at
   * `reply.ending` (`error`, `rejected`, `expired`, `cancelled`, ...) and at `reply.text`, which says why.
   * @throws RequestTimedOut (with the handle, and what became of the request), NotSetUp, StreamFull, NotPermitted,
   * InvalidInput, Closed; with `onTimeout: "expire"` also ServerTooOld, before anything is sent.
   */
  async request(
    order: string,
    payload: string | Uint8Array = "",
    options: RequestOptions = {},
  ): Promise<Reply> {
    if (this.#broken) throw this.#broken;
    const subject = requestSubject(order);
    const id = options.id === undefined ? nuid.next() : requireName("the request id", options.id);
    if (this.#calls.get(id)) throw new AlreadyWaiting(`Request ${id} is already waiting for its reply here.`);
    const timeoutMs = requireTimeout(options.timeoutMs ?? this.#options.timeoutMs ?? 5000);
    const onTimeout = options.onTimeout ?? this.#options.onTimeout ?? "keep";
    if (onTimeout !== "keep") this.#requirePolicy(onTimeout);
    this.#options.observe?.({
      type: "requested",
      request: id,
      subject,
      strategy: this.#route.name,
      timeoutMs,
      ...(options.as ? { as: options.as } : {}),
    });
    return new Promise<Reply>((resolve, reject) => {
      const sentAt = performance.now();
      const deadline = sentAt + timeoutMs;
      const call = { id, subject, sentAt, deadline, sequence: 0, onTimeout, resolve, reject };
      this.#calls.add(call, timeoutMs);
      this.#publish(call, payload, onTimeout === "expire" ? timeoutMs : undefined);
    });
  }

  /** How many calls wait for their reply. */
  get waiting(): number {
    return this.#calls.size;
  }

  /** Replies that belong to no call of this requester, open or given up: another's of the same name, or second ones. */
  get orphanedReplies(): number {
    return this.#orphaned;
  }

  /** Calls that still wait are rejected with `Closed`; their requests stay queued. */
  async close(): Promise<void> {
    this.#broken ??= new Closed(`Requester ${this.name} is closed; open another one to send requests.`);
    const text = `Requester ${this.name} was closed while it waited; the request stays queued.`;
    this.#calls.stop();
    for (const { id } of this.#calls.all()) this.#calls.take(id)?.reject(new Closed(text));
    this.#stopWatching();
    if (this.#nc.isClosed()) return;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<void> {
    this.#subscribe(`${this.#inbox}.ack.*`, (msg) => this.#onPubAck(msg));
    this.#subscribe(this.#route.listen, (msg) => this.#onReply(msg));
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => this.#rejectWhere((entry) => entry.subject === subject, error),
      reconnected: () => void this.#catchUp(),
    });
    const text = "The connection was closed; requests that were queued stay queued.";
    void this.#nc.closed().then(() => this.#fail(new Closed(text)));
    const ready = this.#nc.flush().then(() => this.#route.open?.(this.#nc));
    await ready.catch((error) => this.#fail(fromClientError("connection", error)));
    if (!this.#broken) return;
    await this.close();
    throw this.#broken;
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) this.#fail(fromClientError(`subscription ${subject}`, error));
      else this.#guarded(() => onMessage(msg));
    };
    this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
  }

  #requirePolicy(onTimeout: NonNullable<RequestOptions["onTimeout"]>): void {
    if (this.#route.name === "trial") {
      throw new InvalidInput(
        `Expected onTimeout to be keep with the trial, which deletes what it gives up on.`,
      );
    }
    if (requirePolicy(onTimeout) === "expire") requireFeature(this.#nc, "message-ttl", 'onTimeout: "expire"');
  }

  #publish(call: Call, payload: string | Uint8Array, expiresMs?: number): void {
    try {
      this.#nc.publish(call.subject, payload, {
        headers: this.#route.requestHeaders(call.id, this.#route.replyTo(call.id), expiresMs),
        reply: `${this.#inbox}.ack.${call.id}`,
      });
    } catch (error) {
      this.#reject(call.id, fromClientError(`request to ${call.subject}`, error));
    }
  }

  #onReply(msg: Msg): void {
    const id = this.#route.requestOf(msg);
    if (id !== undefined) this.#settle(id, readReply(msg));
  }

  #onPubAck(msg: Msg): void {
    const id = lastToken(msg);
    const call = this.#calls.get(id);
    const ack = readPubAck(msg, call?.subject ?? "the request");
    if (ack instanceof Error) {
      this.#reject(id, ack);
      return;
    }
    this.#options.observe?.({ type: "stored", request: id, ...ack });
    if (!call) return; // its reply was faster, or it came after the time-out
    call.sequence = ack.sequence;
    // The same id was sent before: its reply may be stored already, and nothing would republish it.
    if (ack.duplicate) void this.#takeStored(call);
  }

  #settle(id: string, reply: Reply): void {
    const call = this.#calls.take(id);
    if (!call) {
      this.#settleLate(id, reply);
      return;
    }
    this.#resolve(call, reply);
  }

  #resolve(call: Call, reply: Reply): void {
    const { ending, text: payload } = reply;
    call.resolve(reply); // first: an observer that throws must not leave the caller waiting
    this.#options.observe?.({ type: "received", request: call.id, ending, payload, late: false });
  }

  #settleLate(id: string, reply: Reply): void {
    if (this.#own.take(id)) return;
    const handle = this.#late.take(id);
    if (!handle) {
      this.#orphaned++;
      return;
    }
    const { ending, text: payload } = reply;
    this.#options.observe?.({ type: "received", request: id, ending, payload, late: true });
    this.#options.onLateReply?.(reply, handle);
  }

  #reject(id: string, error: Error): void {
    const call = this.#calls.take(id);
    if (!call) return;
    call.reject(error);
    this.#options.observe?.({ type: "request-failed", request: id, error: error.message });
  }

  #rejectWhere(concerned: (call: Call) => boolean, error: Error): void {
    for (const call of this.#calls.all()) if (concerned(call)) this.#reject(call.id, error);
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    this.#calls.stop();
    for (const { id } of this.#calls.all()) {
      try {
        this.#reject(id, error);
      } catch {
        // The observer threw again; `error` is already told.
      }
    }
  }

  /** Replies that were republished while the connection was down did not arrive here. */
  async #catchUp(): Promise<void> {
    // Where that fails, the calls time out and say where their requests are.
    await this.#route.reconnected?.(this.#nc).catch(() => {});
    for (const call of this.#calls.all()) if (this.#calls.get(call.id) === call) await this.#takeStored(call);
  }

  async #takeStored(call: Call): Promise<void> {
    if (!this.#route.readable) return;
    // A failed look is no loss: the reply may still arrive, or the call times out and says where the request is.
    const stored = await readStoredReply(this.#nc, this.#handle(call)).catch(() => undefined);
    if (stored) this.#guarded(() => this.#settle(call.id, stored));
  }

  async #giveUp(call: Call): Promise<void> {
    const afterMs = Math.round(performance.now() - call.sentAt);
    const ending = endingFor(call.onTimeout);
    if (ending) return this.#withdraw(call, ending, afterMs);
    const { reply, ...findings } = await this.#findOut.where(this.#handle(call));
    if (this.#calls.get(call.id) !== call) return; // its reply arrived in the meantime, or the requester was closed
    this.#guarded(() => {
      // Better late than a time-out.
      if (reply) return this.#settle(call.id, reply);
      this.#calls.take(call.id);
      this.#late.add(this.#handle(call));
      call.reject(new RequestTimedOut(this.#handle(call), afterMs, findings));
      this.#options.observe?.({ type: "timed-out", request: call.id, afterMs, ...findings });
    });
  }

  async #withdraw(call: Call, ending: CalledOff, afterMs: number): Promise<void> {
    const handle = this.#handle(call);
    const found = await this.#findOut.withdraw(handle, ending);
    if (this.#calls.get(call.id) !== call) return;
    if (found.reply) return this.#guarded(() => this.#settle(call.id, found.reply as Reply));
    this.#calls.take(call.id); // from here on nothing that arrives settles it: what is stored below arrives, too
    if (found.withdrawn !== "removed") this.#late.add(handle);
    if (found.mailbox && this.#route.readable) this.#own.add(handle);
    const { stored, reply, ...known } = await storeEnding(this.#nc, handle, ending, found);
    if (!stored) this.#own.take(call.id);
    this.#guarded(() => {
      if (reply) this.#resolve(call, reply);
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
    call.reject(new RequestTimedOut(this.#handle(call), afterMs, findings, withdrawn)); // first, as above
    if (stored) {
      this.#options.observe?.({ type: "ending-stored", request: call.id, ending, ...placeOf(stored) });
    }
    const event = { type: "timed-out", request: call.id, afterMs, ...findings, withdrawn } as const;
    this.#options.observe?.(withdrawn === "removed" ? { ...event, ending } : event);
  }

  #handle({ id, sequence }: Call): Handle {
    const { store } = this.#route;
    const handle = { requester: this.name, request: id, stream: requestStream, sequence };
    return store ? { ...handle, store } : handle;
  }

  /** An observer's error in a callback would end the client's reading from the server, or the process: it ends this requester. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#fail(thrown as Error);
    }
  }
}
