// Conventions: the names of spans, attributes and metrics (OpenTelemetry semantic conventions for messaging 1.27 and newer), and how a
// context travels in headers.

import type { MsgHdrs } from "@nats-io/nats-core";
import {
  type Attributes,
  type Context,
  context,
  metrics,
  propagation,
  type Span,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import type { HeaderPair } from "../protocol/header-block.js";

const library = "jetstream-request-reply-kit";

export const tracer = () => trace.getTracer(library);

/** `type` is one of the four operations of the conventions; `operation` is the kit's word for it. */
export const operation = (name: string, type: "send" | "receive" | "process", destination: string): Attributes => ({
  "messaging.system": "nats",
  "messaging.operation.name": name,
  "messaging.operation.type": type,
  "messaging.destination.name": destination,
});

/** What the kit measures: counters without a unit, and durations in seconds. Made when a requester or responder opens. */
export function instruments() {
  const meter = metrics.getMeter(library);
  const counter = (name: string, description: string) => meter.createCounter(name, { description });
  const duration = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries } });
  return {
    sent: counter("messaging.client.sent.messages", "Requests that the stream confirmed, or refused"),
    consumed: counter("messaging.client.consumed.messages", "Deliveries of requests, each redelivery too"),
    processed: duration("messaging.process.duration", "Time in the handler"),
    roundTrip: duration("jsrr.request.duration", "From the publish of a request to its reply"),
    queued: duration(
      "jsrr.queue.duration",
      "From the storing of a request to its first delivery, by the server's clock",
    ),
    replies: counter("jsrr.replies", "Replies that are stored or sent"),
    redeliveries: counter("jsrr.redeliveries", "Deliveries of a request after the first"),
    deadLetters: counter("jsrr.dead_letters", "Requests that became dead letters"),
    lateReplies: counter("jsrr.replies.late", "Replies that arrived after their call had timed out"),
    orphanedReplies: counter("jsrr.replies.orphaned", "Replies that belong to no call of their requester"),
    lateExecutions: counter("jsrr.executions.late", "Handlers that ended after the deadline of their request"),
  };
}

/** From 5 ms to an hour: a request may wait for its responder. */
const explicitBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 900, 3600, 14400];

export function endWith(span: Span, error: string | undefined, message?: string): void {
  if (error !== undefined) {
    span.setAttribute("error.type", error);
    span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message });
  }
  span.end();
}

// Context in headers: `traceparent`, `tracestate`, `baggage`, or what the process's propagator writes.

const setter: TextMapSetter<HeaderPair[]> = { set: (headers, name, value) => void headers.push([name, value]) };

const getter: TextMapGetter<MsgHdrs> = {
  keys: (headers) => headers.keys(),
  get: (headers, name) => headers.get(name) || undefined,
};

/** The headers with the context of a span. A context that the caller wrote itself stays as it is. */
export function withContext(span: Span, headers: readonly HeaderPair[] | undefined): readonly HeaderPair[] | undefined {
  const added: HeaderPair[] = [];
  propagation.inject(trace.setSpan(context.active(), span), added, setter);
  if (added.length === 0) return headers;
  const names = new Set(headers?.map(([name]) => name.toLowerCase()));
  if (added.some(([name]) => names.has(name.toLowerCase()))) return headers;
  return headers ? [...headers, ...added] : added;
}

/** The context of the sender, on top of this process's own context; and the link to its span, if the headers name one. */
export function readContext(headers: MsgHdrs): {
  sender: Context;
  links: { context: NonNullable<ReturnType<typeof trace.getSpanContext>> }[];
} {
  const sender = propagation.extract(context.active(), headers, getter);
  const linked = trace.getSpanContext(sender);
  const isRemote = linked !== undefined && linked !== trace.getSpanContext(context.active());
  return { sender, links: isRemote ? [{ context: linked }] : [] };
}
