// Handle spans: one for each call about an earlier request (`collect`, `cancel`, `locate`).
import { type Attributes, context, SpanKind, trace } from "@opentelemetry/api";
import type { HandleCall, HandleResult } from "../protocol/telemetry.js";
import { endWith, readContext, tracer } from "./conventions.js";

/** `locate` changes and receives nothing: the conventions have no operation for it. */
const types = { collect: { "messaging.operation.type": "receive" }, cancel: { "messaging.operation.type": "settle" } };

/**
 * The span `<call> <stream>` (CLIENT), a child of the caller's span, until the call resolves or rejects. If a stored reply was read, it
 * links to the span that sent the reply.
 */
export async function handleSpan<T extends HandleResult | undefined>(
  { name, stream, requester, request }: HandleCall,
  run: () => Promise<T>,
): Promise<T> {
  const attributes: Attributes = {
    ...{ "messaging.system": "nats", "messaging.operation.name": name, "messaging.destination.name": stream },
    ...(name === "locate" ? {} : types[name]),
    ...{ "messaging.message.id": request, "messaging.message.conversation_id": request },
    "messaging.client.id": requester,
  };
  const span = tracer().startSpan(`${name} ${stream}`, { kind: SpanKind.CLIENT, attributes });
  try {
    const result = await context.with(trace.setSpan(context.active(), span), run);
    const reply = result?.reply ?? result;
    if (reply?.headers && span.isRecording()) span.addLinks(readContext(reply.headers).links);
    if (reply?.status !== undefined) span.setAttribute("jsrr.status", reply.status);
    if (result?.outcome !== undefined) span.setAttribute("jsrr.outcome", result.outcome);
    if (result?.where !== undefined) span.setAttribute("jsrr.where", result.where);
    span.end();
    return result;
  } catch (error) {
    const { code, name: kind, message } = error as Error & { code?: string };
    endWith(span, code ?? kind, message);
    throw error;
  }
}
