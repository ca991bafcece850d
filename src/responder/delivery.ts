// Delivery: one delivered request, from its arrival until it is settled.
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { type Linked, Place } from "../connection/deadline-table.js";
import type { CalledOff } from "../protocol/cancel.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { sizeOf } from "../protocol/header-block.js";
import { readHeaders, readRequest } from "../protocol/headers.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { AckSender } from "./ack-sender.js";
import { type HandlerRequest, readJson, readText } from "./handlers.js";
import { longestTimerMs } from "./options.js";
import type { ServerClock } from "./server-clock.js";

/**
 * The headers are read once, on arrival. Everything else is worked out when it is first asked for: most handlers ask for
 * little. A handler gets the delivery itself, through the interface `HandlerRequest`.
 *
 * - Exactly one of `ack`, `nak` and `term` settles a delivery. The settlement alone calls them.
 * - `cancel`, a deadline that passes, and `abandon` fire the `signal`. The first of them decides on the status.
 * - An abandoned delivery is NAKed while its handler runs: from then on nothing that comes of the handler is used.
 */
export class Delivery implements HandlerRequest, Linked<Delivery> {
  /** The sender's id; a request without one is named by its place in the stream. */
  readonly id: string;
  /** Counts from 1; above 1 the request was delivered before. */
  deliveryCount: number;
  /** How and where the sender expects the reply; absent if it named no address. */
  readonly addressed: Addressed | undefined;
  /** When its requester waits no more, by `performance.now()`; undefined if the request has no deadline. */
  readonly expiresAt: number | undefined;
  /** The client cannot parse the headers. */
  readonly unreadable: boolean;
  /** When it arrived, or when the server last got an ack, NAK or +WPI of it: milliseconds of `performance.now()`. */
  lastProgressAt = performance.now();
  /** Whether the dispatcher has begun to process it, and when, if that matters to the dispatcher. */
  started = false;
  startedAt = 0;
  /** Earlier deliveries that were no attempts: to responders without a handler for it (see `Attempts`). */
  unattempted = 0;
  /** The entry of `handlers` that handles it. */
  pattern = "";
  /** Whether its handler runs. */
  handling = false;
  /** Bytes or characters of its reply, once that was sent; and of the whole, while it waits for its PubAck. */
  replyLength = 0;
  resultBytes = 0;
  /**
   * Another responder may have had it, although it counts from 1: a killed server forgets counts, a consumer made anew has none, and
   * this process may not have read it for a whole `ack_wait`.
   */
  repeated: boolean;
  /** Private: a handler that logs its request, or writes it as JSON, must not see other deliveries. */
  readonly #place = new Place<Delivery>();
  readonly #msg: Msg;
  readonly #names: QueueNames;
  readonly #acks: AckSender;
  readonly #clock: ServerClock;
  #ackAddress: string;
  #data: Uint8Array | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cancelled: CalledOff | undefined;
  #abortReason: DOMException | undefined;
  #abandoned = false;
  /** When the server sent it, or a moment before; from the first ack, NAK or +WPI on as `lastProgressAt`. */
  #sentAfter: number;
  /** No sign of progress reached the server for a whole `ack_wait`. */
  #overdue = false;
  /** Its consumer is gone: nothing that is sent to its ack address reaches the right message. */
  #orphaned = false;

  constructor(msg: Msg, names: QueueNames, acks: AckSender, clock: ServerClock) {
    const { id, addressed, timeoutMs, deadline, unreadable } = readRequest(msg);
    this.#msg = msg;
    this.#names = names;
    this.#acks = acks;
    this.#clock = clock;
    this.#sentAfter = acks.readUpTo;
    this.repeated = this.#isOverdue();
    this.#ackAddress = msg.reply ?? "";
    this.deliveryCount = readDeliveryCount(this.#ackAddress);
    this.addressed = addressed;
    this.expiresAt = this.#expiresAt(timeoutMs, deadline, clock);
    this.unreadable = unreadable === true;
    this.id = id ?? `${this.stream}:${this.sequence}`;
  }

  /** Among the deliveries of the dispatcher that are not settled. */
  get place(): Place<Delivery> {
    return this.#place;
  }

  get stream(): string {
    return readAckAddress(this.#ackAddress).stream;
  }

  get consumer(): string {
    return ackTokens(this.#ackAddress)[1] ?? "";
  }

  /** Its place in the stream. */
  get sequence(): number {
    return readAckAddress(this.#ackAddress).sequence;
  }

  /** The number of this attempt, from 1. */
  get attempt(): number {
    return this.deliveryCount - this.unattempted;
  }

  /** Sequence and time of the message in its stream. */
  get messageKey(): string {
    const [, , , sequence, , time] = ackTokens(this.#ackAddress);
    return `${sequence}-${time}`;
  }

  /** Counts the deliveries of its consumer, redeliveries included. */
  get consumerSequence(): number {
    return readConsumerSequence(this.#ackAddress);
  }

  /** When its message was stored: milliseconds since the epoch by the server's clock. */
  get storedAt(): number {
    return readStoredAt(this.#ackAddress);
  }

  /** The subject below `requests.`, e.g. `order-tea`. */
  get subject(): string {
    return this.#names.belowRequests(this.#msg.subject);
  }

  get fullSubject(): string {
    return this.#msg.subject;
  }

  get data(): Uint8Array {
    this.#data ??= this.#msg.data; // the client cuts it out anew each time it is read
    return this.#data;
  }

  get headers(): MsgHdrs {
    return readHeaders(this.#msg) ?? headers();
  }

  get text(): string {
    return readText(this.data);
  }

  json<T = unknown>(): T {
    return readJson<T>(this.data);
  }

  /** In bytes, with subject and headers. */
  get size(): number {
    return sizeOf(this.#msg);
  }

  /** The message as it was delivered, for a copy of it. Its headers throw when the client cannot parse them. */
  get message(): Msg {
    return this.#msg;
  }

  /** Milliseconds since the stream stored it, by the server's clock as far as it is known here. */
  get queuedMs(): number {
    return Math.max(0, this.#clock.now() - readStoredAt(this.#ackAddress));
  }

  /** Whether an earlier delivery of the same message was among the last that were acked. */
  get wasAcked(): boolean {
    const message = messageOf(this.#ackAddress);
    return this.#acks.lastAcked().some((address) => messageOf(address) === message);
  }

  /** Whether both are deliveries of one message: its place in the stream, and the time it was stored, as the ack address has them. */
  isSameMessage(other: Delivery): boolean {
    return this.id === other.id && messageOf(this.#ackAddress) === messageOf(other.#ackAddress);
  }

  /**
   * The server has delivered the same message again while this delivery is in hand: ack, NAK and +TERM are about the newest one.
   */
  join(newer: Delivery): void {
    this.#ackAddress = newer.#ackAddress;
    this.deliveryCount = newer.deliveryCount;
    this.lastProgressAt = newer.lastProgressAt;
    this.#sentAfter = newer.#sentAfter;
    this.#overdue = false;
    this.#orphaned = false;
  }

  /** Its consumer is gone. A consumer that is made anew for the same stream delivers the request again. */
  orphan(): void {
    this.#orphaned = true;
  }

  /** Acks the request with the next batch. */
  ack(): void {
    if (!this.#orphaned) this.#acks.ack(this.#ackAddress, this.id);
  }

  /**
   * Has the server deliver it again after `delayMs`. Nothing if `ack_wait` has ended in this process's own pause: the server then has
   * redelivered the request, and takes a NAK to be about that delivery.
   */
  nak(delayMs = 0): void {
    if (!this.#orphaned && !this.#isOverdue()) this.#acks.nak(this.#ackAddress, delayMs);
  }

  /** Ends the request for good. */
  term(reason: string): void {
    if (!this.#orphaned) this.#acks.term(this.#ackAddress, reason);
  }

  /** For handlers. Others in hand are kept alive too: a handler that computes holds up the dispatcher's timer. */
  inProgress(): void {
    this.keepAlive();
    this.#acks.sendAtOnce();
  }

  /** Starts `ack_wait` anew; nothing on an abandoned delivery, or while the connection is down. */
  keepAlive(): void {
    if (this.#abandoned || this.#orphaned) return;
    this.#overdue = this.#isOverdue();
    if (this.#acks.inProgress(this.#ackAddress)) this.#sentAfter = this.lastProgressAt = performance.now();
  }

  #isOverdue(): boolean {
    return this.#overdue || performance.now() - this.#sentAfter > this.#acks.ackWaitMs;
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#abortReason) this.#controller.abort(this.#abortReason);
    else if (this.expiresAt !== undefined) this.#armDeadline(this.expiresAt);
    return this.#controller.signal;
  }

  /** The status of the cancel or deadline that came while its handler ran. */
  get cancelled(): CalledOff | undefined {
    return this.#cancelled;
  }

  /** The status of a cancel or deadline that the handler could notice: it had read the signal, and the signal fired. */
  get noticedCancel(): CalledOff | undefined {
    return this.#controller?.signal.aborted ? this.#cancelled : undefined;
  }

  cancel(status: CalledOff): void {
    if (this.#abortReason) return;
    this.#cancelled = status;
    this.#abort(status === "expired" ? "the deadline has passed" : "the requester cancelled it");
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** The responder stops before the handler is done, and has NAKed the request. */
  abandon(): void {
    this.#abandoned = true;
    if (!this.#abortReason) this.#abort("the responder stops");
  }

  /** The handler is done: the deadline's timer ends. */
  endHandling(): void {
    this.handling = false;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #abort(why: string): void {
    this.#abortReason = new DOMException(why, "AbortError");
    this.#controller?.abort(this.#abortReason);
  }

  #expiresAt(timeoutMs: number | undefined, deadline: number | undefined, clock: ServerClock): number | undefined {
    if (timeoutMs !== undefined) {
      const storedAt = readStoredAt(this.#ackAddress);
      clock.notBefore(storedAt);
      return performance.now() + storedAt + timeoutMs - clock.now();
    }
    // By two clocks, its requester's and this machine's.
    return deadline === undefined ? undefined : performance.now() + deadline - Date.now();
  }

  #armDeadline(expiresAt: number): void {
    const left = Math.min(longestTimerMs, Math.max(0, Math.ceil(expiresAt - performance.now())));
    this.#timer = setTimeout(() => this.cancel("expired"), left);
  }
}

// The ack address, `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; newer servers put
// `<domain>.<account hash>` after `ACK` (ADR-15).

/** From the stream's name on. */
function ackTokens(address: string): string[] {
  const tokens = address.split(".");
  return tokens.slice(tokens.length >= 11 ? 4 : 2);
}

/** What an ack address says, token by token; other text gives NaN for the numbers. */
export function readAckAddress(address: string): { stream: string; sequence: number; deliveryCount: number } {
  const [stream = "", , deliveryCount, sequence] = ackTokens(address);
  return { stream, deliveryCount: Number(deliveryCount), sequence: Number(sequence) };
}

/** When the stream stored the message: milliseconds since the epoch by the server's clock. */
export function readStoredAt(address: string): number {
  return Number(ackTokens(address)[5]) / 1e6;
}

/** Stream, sequence and time of the message: the same in each delivery of it, and in no other message's. */
function messageOf(address: string): string {
  const [stream, , , sequence, , time] = ackTokens(address);
  return [stream, sequence, time].join(" ");
}

// The two tokens that every delivery needs, without splitting the address.

export const readDeliveryCount = (address: string): number => readToken(address, 4);

export const readConsumerSequence = (address: string): number => readToken(address, 6);

/** The number after so many dots, or after two more in an address with a domain. */
function readToken(address: string, dotsBefore: number): number {
  let dots = 0;
  let [begin, end, laterBegin, laterEnd] = [-1, -1, -1, -1];
  for (let at = address.indexOf("."); at >= 0; at = address.indexOf(".", at + 1)) {
    dots++;
    if (dots === dotsBefore) begin = at;
    else if (dots === dotsBefore + 1) end = at;
    if (dots === dotsBefore + 2) laterBegin = at;
    else if (dots === dotsBefore + 3) laterEnd = at;
    if (dots === 10) return Number(address.slice(laterBegin + 1, laterEnd));
  }
  return end < 0 ? Number.NaN : Number(address.slice(begin + 1, end));
}
