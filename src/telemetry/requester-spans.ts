// Requester spans: one for the publish of each request, and one for the call that waits for its reply.

import type { MsgHdrs } from "@nats-io/nats-core";
import { context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { RequesterEvent } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import type { RequesterTelemetry } from "../protocol/telemetry.js";
import { endWith, instruments, operation, readContext, tracer, withContext } from "./conventions.js";

interface OpenRequest {
  subject: string;
  began: number;
  /** `send`: PRODUCER, until the PubAck. Its context travels with the request. */
  send: Span | undefined;
  /** `request`: CLIENT, until the reply or the error; absent for `requester.send`. */
  call: Span | undefined;
}

/**
 * - `requested` → the spans `request <subject>` (CLIENT), and in it `send <subject>` (PRODUCER).
 * - `stored` → `send` ends.
 * - The reply → `request` ends, with a link to the span that sent the reply. So it does at a time-out and an error.
 */
export class RequesterSpans implements RequesterTelemetry {
  readonly #name: string;
  readonly #tracer = tracer();
  readonly #measured = instruments();
  readonly #open = new Map<string, OpenRequest>();

  constructor(name: string) {
    this.#name = name;
  }

  observe(event: RequesterEvent): void {
    switch (event.type) {
      case "requested":
        this.#begin(event.request, event.subject, event.timeoutMs !== undefined);
        break;
      case "stored":
        this.#sent(event.request);
        break;
      case "request-failed":
        this.#end(event.request, "request-failed", event.error);
        break;
      case "timed-out":
        this.#end(event.request, "timeout", event.evidence);
        break;
      case "received":
        if (event.late) this.#measured.lateReplies.add(1, { "jsrr.status": event.status });
        else this.#replied(event.request, event.status, event.payload);
        break;
      case "orphaned-reply":
        this.#measured.orphanedReplies.add(1, { "jsrr.status": event.status });
    }
  }

  requestHeaders(request: string, callerHeaders: readonly HeaderPair[] | undefined): readonly HeaderPair[] | undefined {
    const send = this.#open.get(request)?.send;
    return send ? withContext(send, callerHeaders) : callerHeaders;
  }

  replied(request: string, headers: () => MsgHdrs): void {
    const call = this.#open.get(request)?.call;
    if (call?.isRecording()) call.addLinks(readContext(headers()).links);
  }

  close(): void {
    for (const request of this.#open.keys()) this.#end(request, "closed");
  }

  #begin(request: string, subject: string, waits: boolean): void {
    const attributes = {
      ...{ "messaging.message.id": request, "messaging.message.conversation_id": request },
      "messaging.client.id": this.#name,
    };
    const call = waits
      ? this.#tracer.startSpan(`request ${subject}`, {
          kind: SpanKind.CLIENT,
          attributes: { ...operation("request", "send", subject), ...attributes },
        })
      : undefined;
    const parent = call ? trace.setSpan(context.active(), call) : context.active();
    const kind = SpanKind.PRODUCER;
    const send = this.#tracer.startSpan(
      `send ${subject}`,
      { kind, attributes: { ...operation("send", "send", subject), ...attributes } },
      parent,
    );
    this.#open.set(request, { subject, began: performance.now(), send, call });
  }

  #sent(request: string): void {
    const open = this.#open.get(request);
    if (!open?.send) return;
    this.#measured.sent.add(1, operation("send", "send", open.subject));
    open.send.end();
    open.send = undefined;
    if (!open.call) this.#open.delete(request);
  }

  /** The reply may have come before the PubAck. */
  #replied(request: string, status: string, payload: string): void {
    const open = this.#open.get(request);
    if (!open?.call) return;
    this.#sent(request);
    this.#open.delete(request);
    const seconds = (performance.now() - open.began) / 1000;
    this.#measured.roundTrip.record(seconds, { ...operation("request", "send", open.subject), "jsrr.status": status });
    open.call.setAttribute("jsrr.status", status);
    if (status === "ok") open.call.end();
    else endWith(open.call, status, payload);
  }

  #end(request: string, error: string, message?: string): void {
    const open = this.#open.get(request);
    if (!open) return;
    this.#open.delete(request);
    const { send, call, subject } = open;
    if (send && error === "request-failed") {
      this.#measured.sent.add(1, { ...operation("send", "send", subject), "error.type": error });
    }
    if (send) endWith(send, error, message);
    if (call) endWith(call, error, message);
  }
}
