// Responder spans: one for each delivery, linked to the span that sent the request, and one for the reply.
import { type Context, context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { ResponderEvent, Status } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import type { DeliveredRequest, ResponderTelemetry } from "../protocol/telemetry.js";
import { endWith, instruments, operation, readContext, tracer, withContext } from "./conventions.js";

interface OpenDelivery {
  subject: string;
  /** `process`: CONSUMER, until the request is acked, terminated or NAKed. */
  span: Span;
  /** The span, with the baggage of the sender: what the handler runs in. */
  inside: Context;
  /** `reply`: PRODUCER, until the reply is stored. Its context travels with the reply. */
  reply: Span | undefined;
  error: string | undefined;
}

/**
 * - A delivery begins → the span `process <subject>` (CONSUMER) of a new trace, with a link to the sender's span. A request may wait for
 *   days, and may be delivered again: the sender's trace is not kept open for it. The handler runs in the context of this span.
 * - A result → the span `reply <subject>` (PRODUCER) in it, until the reply is stored.
 * - `acked`, `terminated`, `returned` → `process` ends.
 */
export class ResponderSpans implements ResponderTelemetry {
  readonly #tracer = tracer();
  readonly #measured = instruments();
  readonly #attributes: Record<string, string>;
  readonly #open = new Map<string, OpenDelivery>();

  constructor(name: string, consumer: string) {
    this.#attributes = { "messaging.client.id": name, "messaging.consumer.group.name": consumer };
  }

  delivered(request: DeliveredRequest): void {
    const { id, fullSubject: subject, headers, deliveryCount, queuedMs } = request;
    this.#end(id, "redelivered"); // by a redelivery that overtook the end of the first
    const { sender, links } = readContext(headers);
    const about = { ...operation("process", "process", subject), ...this.#attributes };
    const attributes = {
      ...about,
      ...{ "messaging.message.id": id, "messaging.message.conversation_id": id },
      ...{ "jsrr.delivery": deliveryCount, "jsrr.queued_ms": Math.round(queuedMs) },
    };
    const span = this.#tracer.startSpan(`process ${subject}`, {
      kind: SpanKind.CONSUMER,
      root: true,
      links,
      attributes,
    });
    this.#open.set(id, { subject, span, inside: trace.setSpan(sender, span), reply: undefined, error: undefined });
    this.#measured.consumed.add(1, about);
    if (deliveryCount > 1) this.#measured.redeliveries.add(1, about);
    else this.#measured.queued.record(queuedMs / 1000, about);
  }

  run<T>({ id }: DeliveredRequest, handle: () => T): T {
    const open = this.#open.get(id);
    return open ? context.with(open.inside, handle) : handle();
  }

  ran({ id, fullSubject, expiresAt }: DeliveredRequest, status: Status | undefined, ranMs: number): void {
    const error = status === "ok" ? {} : { "error.type": status ?? "retry-later" };
    const about = { ...operation("process", "process", fullSubject), ...this.#attributes };
    this.#measured.processed.record(ranMs / 1000, { ...about, ...error });
    if (expiresAt !== undefined && performance.now() > expiresAt) this.#measured.lateExecutions.add(1, about);
    const open = this.#open.get(id);
    if (open) open.error = error["error.type"];
  }

  replyHeaders(
    request: string,
    status: Status,
    handlerHeaders: readonly HeaderPair[] | undefined,
  ): readonly HeaderPair[] | undefined {
    const open = this.#open.get(request);
    if (!open) return handlerHeaders;
    if (status !== "ok") open.error ??= status;
    open.span.setAttribute("jsrr.status", status);
    const attributes = {
      ...operation("reply", "send", open.subject),
      ...this.#attributes,
      ...{ "messaging.message.conversation_id": request, "jsrr.status": status },
    };
    open.reply = this.#tracer.startSpan(`reply ${open.subject}`, { kind: SpanKind.PRODUCER, attributes }, open.inside);
    return withContext(open.reply, handlerHeaders);
  }

  observe(event: ResponderEvent): void {
    switch (event.type) {
      case "replied": {
        const open = this.#open.get(event.request);
        open?.reply?.setAttribute("messaging.destination.name", event.to);
        this.#endReply(open);
        this.#measured.replies.add(1, { ...this.#attributes, "jsrr.status": event.status });
        break;
      }
      case "reply-refused":
        this.#endReply(this.#open.get(event.request), "reply-refused");
        break;
      case "dead-lettered":
        this.#measured.deadLetters.add(1, this.#attributes);
        this.#open.get(event.request)?.span.addEvent("dead-lettered", { reason: event.reason });
        break;
      case "called-off":
        this.#open.get(event.request)?.span.addEvent(event.status, { begun: event.begun });
        break;
      case "returned":
        this.#end(event.request, "returned", event.reason);
        break;
      case "acked":
        this.#end(event.request);
        break;
      case "terminated":
        this.#end(event.request, "terminated", event.reason);
        break;
    }
  }

  close(): void {
    for (const request of this.#open.keys()) this.#end(request, "closed");
  }

  #endReply(open: OpenDelivery | undefined, error?: string): void {
    if (open?.reply) endWith(open.reply, error);
    if (open) open.reply = undefined;
  }

  #end(request: string, error?: string, message?: string): void {
    const open = this.#open.get(request);
    if (!open) return;
    this.#open.delete(request);
    this.#endReply(open);
    endWith(open.span, open.error ?? error, message);
  }
}
