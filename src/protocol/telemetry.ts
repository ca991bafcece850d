// Telemetry: what a tracing module receives besides the events, and what it adds to messages. Without the option `telemetry` nothing is called.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { CancelOutcome, Observe, RequesterEvent, ResponderEvent, Status, Whereabouts } from "./events.js";
import type { HeaderPair } from "./header-block.js";

/** Traces and measures requesters, responders and calls about earlier requests: see `openTelemetry()` of `jetstream-request-reply-kit/opentelemetry`. Nothing of it throws. */
export interface Telemetry {
  requester(name: string): RequesterTelemetry;
  responder(name: string, consumer: string): ResponderTelemetry;
  /** Runs a call about an earlier request. */
  traced<T extends HandleResult | undefined>(call: HandleCall, run: () => Promise<T>): Promise<T>;
}

/** A call about an earlier request. */
export interface HandleCall {
  name: "collect" | "cancel" | "locate";
  /** Where it looks first: the reply stream for `collect`, otherwise the request stream. */
  stream: string;
  requester: string;
  request: string;
}

/** What such a call resolves with: a stored reply, or what became of the request, perhaps with its stored reply. */
export interface HandleResult {
  status?: Status;
  headers?: MsgHdrs;
  outcome?: CancelOutcome;
  where?: Whereabouts;
  reply?: { status: Status; headers: MsgHdrs };
}

/** An option of the functions that make such a call. */
export interface TracedOptions {
  /** Traces the call: `openTelemetry()` of `jetstream-request-reply-kit/opentelemetry`. Default: none. */
  telemetry?: Telemetry;
}

export interface RequesterTelemetry {
  observe(event: RequesterEvent): void;
  /** The headers that a request travels with: the caller's, and those that name its trace. After the event `requested`. */
  requestHeaders(request: string, callerHeaders: readonly HeaderPair[] | undefined): readonly HeaderPair[] | undefined;
  /** A reply has arrived, also one that belongs to no request. Before its event. */
  replied(request: string, headers: () => MsgHdrs): void;
  /** The requester is closed: nothing ends what is open. */
  close(): void;
}

/** A delivered request. */
export interface DeliveredRequest {
  readonly id: string;
  readonly fullSubject: string;
  readonly headers: MsgHdrs;
  /** Counts from 1. */
  readonly deliveryCount: number;
  /** Milliseconds since the stream stored it, by the server's clock. */
  readonly queuedMs: number;
  /** When its requester waits no more, by `performance.now()`; undefined if it has no deadline. */
  readonly expiresAt: number | undefined;
}

/** An observer that calls both; `observe` alone without telemetry. */
export function observedBy<E extends RequesterEvent | ResponderEvent>(
  telemetry: { observe(event: E): void } | undefined,
  observe: Observe<E> | undefined,
): Observe<E> | undefined {
  if (!telemetry) return observe;
  return (event) => {
    telemetry.observe(event);
    observe?.(event);
  };
}

export interface ResponderTelemetry {
  observe(event: ResponderEvent): void;
  /** The responder begins with a delivery. Before its event. */
  delivered(request: DeliveredRequest): void;
  /** Calls the handler in the context of its delivery. */
  run<T>(request: DeliveredRequest, handle: () => T): T;
  /** The handler has ended, with this status; absent if the request is to be delivered again. */
  ran(request: DeliveredRequest, status: Status | undefined, ranMs: number): void;
  /** The headers that a reply travels with: the handler's, and those that name its trace. */
  replyHeaders(
    request: string,
    status: Status,
    handlerHeaders: readonly HeaderPair[] | undefined,
  ): readonly HeaderPair[] | undefined;
  close(): void;
}
